//! Register, ask for another mail, verify.

use ::store::Conn;
use actix_web::web::Data;
use jiff::{SignedDuration, Timestamp};
use kernel::UserId;

use super::{Place, Registration, RegistrationError, events, store};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    intake::{self, Asked, RegistrationForm},
    one_time_tokens::{self, OneTimeTokenError, Purpose},
    passwords::{NewPassword, PasswordHash},
    secrets,
    sessions::{self, Authentication, Device, SignedIn},
    users::{self, Email, PersonName, User, UserRole, store::NewAccount},
};

/// What somebody fills in.
pub struct Form {
    pub email: Email,
    pub password: NewPassword,
    pub name: PersonName,
    pub role: UserRole,
}

/// Makes an account, or does nothing that the client could see.
pub async fn register(app: &Data<App>, form: Form, device: &Device) -> Result<(), RegistrationError> {
    let asked = RegistrationForm {
        password_hash: app.passwords.hash(form.password.into_secret()).await?.as_str().to_owned(),
        email: form.email,
        name: form.name,
        role: form.role,
        asked_from: Place::of(device),
    };
    Ok(intake::take_in(app, &Asked::Account(asked)).await?)
}

/// Sends the verification mail again, unless it was sent too often or is not needed.
pub async fn resend_verification(app: &Data<App>, email: Email) -> Result<(), RegistrationError> {
    Ok(intake::take_in(app, &Asked::AnotherLink { email }).await?)
}

/// Somebody who has followed a link.
pub struct Verified {
    pub signed_in: SignedIn,
    /// The account has a password that they know.
    pub password_set: bool,
}

/// Follows the link of a mail: the account becomes what its registration said, with the password chosen now if there is
/// one, and its owner is signed in.
pub async fn verify_email(
    app: &App,
    secret: &str,
    chosen: Option<NewPassword>,
    device: &Device,
) -> Result<Verified, RegistrationError> {
    let hash = secrets::hash(secret);
    let followed = Followed {
        chosen: match chosen {
            Some(password) => Some(hash_for_link(app, &hash, password).await?),
            None => None,
        },
        hash,
        unknown: app.passwords.unknown(),
        device,
        now: app.clock.now(),
    };
    app.db.transaction(async |conn| followed.verify_in_tx(conn).await).await
}

/// Nobody's password is hashed for a link that does not exist.
async fn hash_for_link(app: &App, hash: &[u8], password: NewPassword) -> Result<PasswordHash, RegistrationError> {
    {
        let mut conn = app.db.conn().await?;
        let owner = one_time_tokens::store::owner_of_secret(&mut conn, Purpose::VerifyEmail, hash).await?;
        owner.ok_or(OneTimeTokenError::Unknown)?;
    }
    Ok(app.passwords.hash(password.into_secret()).await?)
}

/// Decides a form that was taken in.
pub async fn register_in_tx(
    conn: &mut Conn,
    app: &App,
    form: Registration,
    now: Timestamp,
) -> Result<(), ::store::Error> {
    if let Some(user) = users::store::insert(conn, &form.account, now).await? {
        users::events::registered(conn, &user, now).await?;
        return request_verification_in_tx(conn, &user, &form, 1, now).await;
    }
    let Some(user) = lock_unverified(conn, &form.account.email).await? else { return Ok(()) };
    let form = if one_time_tokens::store::has_usable(conn, user.id, Purpose::VerifyEmail, now).await? {
        // Two have asked, and nobody knows which of them reads the mail: no link confirms either password.
        let unknown = app.passwords.unknown();
        store::forget_passwords(conn, user.id, &unknown).await?;
        Registration { account: NewAccount { password_hash: unknown, ..form.account }, asked_from: None }
    } else {
        form
    };
    let user = users::store::replace(conn, user.id, &form.account, None, now).await?;
    mail_again_in_tx(conn, app, (&user, &form), now).await
}

/// Decides that somebody has asked for another link.
pub async fn resend_in_tx(conn: &mut Conn, app: &App, email: &Email, now: Timestamp) -> Result<(), ::store::Error> {
    let Some(user) = lock_unverified(conn, email).await? else { return Ok(()) };
    let form = Registration {
        account: users::store::account_of(conn, &user).await?,
        asked_from: store::asked_from(conn, user.id).await?,
    };
    let user = users::store::advance(conn, user.id, now).await?;
    mail_again_in_tx(conn, app, (&user, &form), now).await
}

/// The account of this address, locked, if it waits to be verified.
async fn lock_unverified(conn: &mut Conn, email: &Email) -> Result<Option<User>, ::store::Error> {
    Ok(users::store::lock_by_email(conn, email).await?.filter(|user| !user.email_verified))
}

/// Unless it was mailed too often.
async fn mail_again_in_tx(
    conn: &mut Conn,
    app: &App,
    (user, form): (&User, &Registration),
    now: Timestamp,
) -> Result<(), ::store::Error> {
    let since = now - SignedDuration::from_hours(1);
    let mailed = one_time_tokens::store::count_since(conn, user.id, Purpose::VerifyEmail, since).await?;
    if mailed >= app.settings.verifications_per_hour {
        return Ok(());
    }
    request_verification_in_tx(conn, user, form, 0, now).await
}

/// Orders the mail whose link confirms the form.
async fn request_verification_in_tx(
    conn: &mut Conn,
    user: &User,
    form: &Registration,
    ordinal: i16,
    now: Timestamp,
) -> Result<(), ::store::Error> {
    let token_id = one_time_tokens::store::insert(conn, user.id, Purpose::VerifyEmail, now).await?;
    store::insert(conn, token_id, form).await?;
    events::verification_requested(conn, user, (token_id, &form.account.name), ordinal, now).await
}

/// A link, and who follows it.
struct Followed<'a> {
    hash: Vec<u8>,
    /// The password they choose.
    chosen: Option<PasswordHash>,
    unknown: PasswordHash,
    device: &'a Device,
    now: Timestamp,
}

impl Followed<'_> {
    async fn verify_in_tx(&self, conn: &mut Conn) -> Result<Verified, RegistrationError> {
        let now = self.now;
        let owner = one_time_tokens::store::owner_of_secret(conn, Purpose::VerifyEmail, &self.hash).await?;
        let user_id: UserId = owner.ok_or(OneTimeTokenError::Unknown)?;
        let user = users::store::lock(conn, user_id).await?.ok_or(OneTimeTokenError::Unknown)?;
        let token = one_time_tokens::store::lock_by_secret(conn, Purpose::VerifyEmail, &self.hash).await?;
        // A secret that was replaced while we waited for the lock is no secret any more.
        let token = token.ok_or(OneTimeTokenError::Unknown)?;
        token.ensure_usable(now)?;
        let form = store::take(conn, &user, token.id).await?.ok_or(OneTimeTokenError::Used)?;
        one_time_tokens::store::mark_used(conn, token.id, now).await?;
        let (account, password_set) = self.account(form);
        let user = users::verify_in_tx(conn, &user, &account, now).await?;
        audit::record_in_tx(conn, &AuditEvent::own(AuditKind::EmailVerified, user.id, now).from(self.device)).await?;
        let signed_in = sessions::open_session_in_tx(conn, user, Authentication::EmailLink, self.device, now).await?;
        Ok(Verified { signed_in, password_set })
    }

    /// The account, and whether it has a password that its owner knows.
    fn account(&self, form: Registration) -> (NewAccount, bool) {
        let is_theirs = form.is_of(Place::of(self.device).as_ref());
        match &self.chosen {
            Some(chosen) => (NewAccount { password_hash: chosen.clone(), ..form.account }, true),
            None if is_theirs => (form.account, true),
            None => (NewAccount { password_hash: self.unknown.clone(), ..form.account }, false),
        }
    }
}
