//! Asking for a code, and what people do with a factor they have.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{SessionId, UserId};
use secrecy::SecretString;

use super::{
    CodeCheck, MfaError, MfaKeys,
    events::{self, FactorChange},
    model::{self, Code},
    store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    sessions::{self, Device},
    users::User,
};

/// How an account is protected beside its password.
#[derive(Debug, Clone)]
pub struct MfaStatus {
    pub totp_enabled_at: Option<Timestamp>,
    pub recovery_codes_left: i64,
}

pub async fn mfa_status(app: &App, user_id: UserId) -> Result<MfaStatus, MfaError> {
    let mut conn = app.db.conn().await?;
    let factor = store::find(&mut conn, user_id).await?;
    Ok(MfaStatus {
        totp_enabled_at: factor.and_then(|factor| factor.confirmed_at),
        recovery_codes_left: store::count_unused_recovery_codes(&mut conn, user_id).await?,
    })
}

/// Compares what was presented with the second factor of an account that is locked, if it has one. A right code is used
/// up by it.
pub async fn check_code_in_tx(
    conn: &mut Conn,
    keys: &MfaKeys,
    user: &User,
    (presented, device): (Option<&str>, &Device),
    now: Timestamp,
) -> Result<CodeCheck, MfaError> {
    let Some(factor) = store::lock(conn, user.id).await?.filter(|factor| factor.confirmed_at.is_some()) else {
        return Ok(CodeCheck::NotEnrolled);
    };
    let Some(presented) = presented else { return Ok(CodeCheck::Missing) };
    let right = match Code::read(presented) {
        Some(Code::Totp(digits)) => use_totp(conn, keys, (user, &factor), &digits, now).await?,
        Some(Code::Recovery(code)) => use_recovery_code(conn, keys, (user, device), &code, now).await?,
        None => false,
    };
    Ok(if right { CodeCheck::Right } else { CodeCheck::Wrong })
}

async fn use_totp(
    conn: &mut Conn,
    keys: &MfaKeys,
    (user, factor): (&User, &store::Factor),
    digits: &str,
    now: Timestamp,
) -> Result<bool, MfaError> {
    let totp = model::totp(keys.open(user.id, &factor.sealed_secret)?, &user.email)?;
    let Some(step) = model::matching_step(&totp, digits, now) else { return Ok(false) };
    if factor.last_used_step.is_some_and(|last| step <= last) {
        return Ok(false);
    }
    store::set_last_used_step(conn, user.id, step).await?;
    Ok(true)
}

async fn use_recovery_code(
    conn: &mut Conn,
    keys: &MfaKeys,
    (user, device): (&User, &Device),
    code: &str,
    now: Timestamp,
) -> Result<bool, MfaError> {
    if !store::use_recovery_code(conn, user.id, &keys.hash_recovery_code(user.id, code), now).await? {
        return Ok(false);
    }
    audit::record_in_tx(conn, &AuditEvent::own(AuditKind::RecoveryCodeUsed, user.id, now).from(device)).await?;
    events::second_factor_changed(conn, user.id, FactorChange::RecoveryCodeUsed, now).await?;
    Ok(true)
}

/// New recovery codes; the ones before work no more. For somebody who has just proved every factor.
pub async fn replace_recovery_codes(
    app: &App,
    owner: (UserId, SessionId),
    device: &Device,
) -> Result<Vec<SecretString>, MfaError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let (user, _) = sessions::lock_owner_in_tx(conn, owner, now).await?;
            let factor = store::lock(conn, user.id).await?;
            factor.and_then(|factor| factor.confirmed_at).ok_or(MfaError::NotEnabled)?;
            let codes = issue_recovery_codes_in_tx(conn, &app.mfa, user.id).await?;
            let replaced = AuditEvent::own(AuditKind::RecoveryCodesReplaced, user.id, now).from(device);
            audit::record_in_tx(conn, &replaced).await?;
            events::second_factor_changed(conn, user.id, FactorChange::RecoveryCodesReplaced, now).await?;
            Ok(codes)
        })
        .await
}

pub async fn issue_recovery_codes_in_tx(
    conn: &mut Conn,
    keys: &MfaKeys,
    user_id: UserId,
) -> Result<Vec<SecretString>, MfaError> {
    let codes: Vec<SecretString> = (0..model::RECOVERY_CODES).map(|_| model::new_recovery_code()).collect();
    let hashes: Vec<Vec<u8>> =
        codes.iter().map(|code| keys.hash_recovery_code(user_id, &model::canonical(code))).collect();
    store::replace_recovery_codes(conn, user_id, &hashes).await?;
    Ok(codes)
}

/// The password alone is enough from now on. For somebody who has just proved every factor.
pub async fn disable_totp(app: &App, owner: (UserId, SessionId), device: &Device) -> Result<(), MfaError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let (user, _) = sessions::lock_owner_in_tx(conn, owner, now).await?;
            if app.settings.require_admin_mfa && user.platform_role.is_some() {
                return Err(MfaError::Required);
            }
            let factor = store::lock(conn, user.id).await?;
            factor.and_then(|factor| factor.confirmed_at).ok_or(MfaError::NotEnabled)?;
            store::delete(conn, user.id).await?;
            audit::record_in_tx(conn, &AuditEvent::own(AuditKind::MfaDisabled, user.id, now).from(device)).await?;
            events::second_factor_changed(conn, user.id, FactorChange::TotpDisabled, now).await?;
            Ok(())
        })
        .await
}
