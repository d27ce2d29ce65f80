//! The settings of auth. What keeps attackers slow is so high in development that no script reaches it.

use service_kit::Source;

use crate::{invitations::MailLimits, login::LockoutPolicy};

/// All settings of the service; secrets are read where they are used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ROOMTONE_AUTH_HASH_WORKERS`: passwords hashed at once, 19 MiB each; one per core when not set.
    pub hash_workers: usize,
    /// `ROOMTONE_AUTH_HASH_QUEUE`: requests that may wait for a worker; the next one is told 503.
    pub hash_queue: usize,
    /// `ROOMTONE_AUTH_LOCKOUT_THRESHOLD`: failed logins before an account locks for the first time.
    pub lockout: LockoutPolicy,
    /// `ROOMTONE_AUTH_VERIFICATIONS_PER_HOUR`: verification mails to one address.
    pub verifications_per_hour: i64,
    /// `ROOMTONE_AUTH_INVITATIONS_PER_DAY`: invitation mails of one company; `…_PER_DAY_OF_INVITER` and
    /// `…_PER_DAY_TO_MAILBOX`: of one person and to one address, whatever the company.
    pub invitations: MailLimits,
    /// `ROOMTONE_AUTH_IMAGE_WORKERS`: photos decoded at once, up to 400 MB each.
    pub image_workers: usize,
    /// `ROOMTONE_AUTH_PASSWORD_RESETS_PER_HOUR`: mails to reset the password of one account.
    pub password_resets_per_hour: i64,
    /// `ROOMTONE_AUTH_EMAIL_CHANGES_PER_HOUR`: changes of address one account may ask for.
    pub email_changes_per_hour: i64,
    /// `ROOMTONE_AUTH_REQUIRE_ADMIN_MFA`: nobody has a role on the platform without a second factor.
    pub require_admin_mfa: bool,
}

impl Settings {
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        let relaxed = source.environment().is_development();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threshold = source.get_or("auth_lockout_threshold", if relaxed { 10_000 } else { 10 })?;
        Ok(Self {
            hash_workers: source.get_or("auth_hash_workers", cores)?.max(1),
            hash_queue: source.get_or("auth_hash_queue", 256)?,
            lockout: LockoutPolicy { threshold },
            image_workers: source.get_or("auth_image_workers", 1)?.max(1),
            invitations: MailLimits {
                of_company: source.get_or("auth_invitations_per_day", if relaxed { 10_000 } else { 100 })?,
                of_inviter: source.get_or("auth_invitations_per_day_of_inviter", if relaxed { 10_000 } else { 100 })?,
                to_mailbox: source.get_or("auth_invitations_per_day_to_mailbox", if relaxed { 10_000 } else { 10 })?,
            },
            password_resets_per_hour: source
                .get_or("auth_password_resets_per_hour", if relaxed { 10_000 } else { 5 })?,
            email_changes_per_hour: source.get_or("auth_email_changes_per_hour", if relaxed { 10_000 } else { 5 })?,
            require_admin_mfa: source.get_or("auth_require_admin_mfa", !relaxed)?,
            verifications_per_hour: source.get_or("auth_verifications_per_hour", if relaxed { 10_000 } else { 5 })?,
        })
    }
}
