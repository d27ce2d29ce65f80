//! Somebody presents a password, and perhaps a code: who they are, counted against guessing.
//!
//! Logging in and being asked again while signed in take the same way, so that neither is a way around the lock of the
//! other. Whoever is unknown, wrong or locked is refused after the same work: one hash, one transaction, the same rows.

use ::store::Conn;
use jiff::Timestamp;
use kernel::UserId;
use secrecy::{ExposeSecret, SecretString};

use super::{LoginError, lockout::LoginFailures, store};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    mfa::{self, CodeCheck, PresentedCode},
    passwords::{PasswordHash, PresentedPassword},
    sessions::{Authentication, Device},
    users::{self, Email, User},
};

/// What somebody presents.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub password: PresentedPassword,
    /// The digits of a second factor, or a recovery code.
    pub code: Option<SecretString>,
}

impl Credentials {
    pub fn new(password: PresentedPassword, code: Option<PresentedCode>) -> Self {
        Self { password, code: code.map(PresentedCode::into_secret) }
    }
}

/// How much has to be presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    Password,
    /// The password, and a code where a second factor is enrolled.
    EveryFactor,
}

/// Somebody who has proved who they are, and how.
#[derive(Debug, Clone)]
pub struct Proven {
    pub user: User,
    pub authentication: Authentication,
}

/// An attempt whose password has been hashed and compared already.
pub struct Attempt<'a> {
    email_key: Vec<u8>,
    /// Whose account was named, if it is anybody's.
    named: Option<UserId>,
    /// The account and the hash that the password belongs to, for who knows it.
    known: Option<(UserId, PasswordHash)>,
    code: Option<SecretString>,
    demand: Demand,
    /// As what a refusal is told.
    kind: AuditKind,
    device: &'a Device,
    pub now: Timestamp,
}

impl<'a> Attempt<'a> {
    /// To log in.
    pub async fn by_email(
        app: &App,
        email: &Email,
        credentials: Credentials,
        demand: Demand,
        device: &'a Device,
    ) -> Result<Self, LoginError> {
        let account = {
            let mut conn = app.db.conn().await?;
            users::store::find_credentials(&mut conn, email).await?
        };
        Self::compare(app, email, account, credentials, (demand, AuditKind::LoggedIn, device)).await
    }

    /// By somebody who is signed in.
    pub async fn by_user(
        app: &App,
        user_id: UserId,
        credentials: Credentials,
        demand: Demand,
        device: &'a Device,
    ) -> Result<Self, LoginError> {
        let account = {
            let mut conn = app.db.conn().await?;
            users::store::credentials_of(&mut conn, user_id).await?
        };
        let email = account.as_ref().map(|(user, _)| user.email.clone()).ok_or(LoginError::InvalidCredentials)?;
        Self::compare(app, &email, account, credentials, (demand, AuditKind::Reauthenticated, device)).await
    }

    async fn compare(
        app: &App,
        email: &Email,
        account: Option<(User, PasswordHash)>,
        credentials: Credentials,
        (demand, kind, device): (Demand, AuditKind, &'a Device),
    ) -> Result<Self, LoginError> {
        let account = account.map(|(user, hash)| (user.id, hash));
        let hash = account.as_ref().map(|(_, hash)| hash.clone());
        let is_right = app.passwords.verify(credentials.password.into_secret(), hash).await?;
        Ok(Self {
            email_key: app.email_key.name(&email.key()),
            named: account.as_ref().map(|(id, _)| *id),
            known: account.filter(|_| is_right),
            code: credentials.code,
            demand,
            kind,
            device,
            now: app.clock.now(),
        })
    }

    /// Decides, counts and records. The inner refusal has to be committed, or it would not count. Locks the count of
    /// failures, then the account.
    pub async fn decide_in_tx(&self, conn: &mut Conn, app: &App) -> Result<Result<Proven, LoginError>, LoginError> {
        let failures = store::lock(conn, &self.email_key, self.now).await?;
        if failures.is_locked(app.settings.lockout, self.now) {
            return self.refuse(conn, app, failures, (LoginError::InvalidCredentials, "locked")).await;
        }
        let Some(user) = self.lock_account(conn).await? else {
            return self.refuse(conn, app, failures, (LoginError::InvalidCredentials, "wrong_password")).await;
        };
        if !user.email_verified {
            return self.turn_away(conn, (LoginError::EmailNotVerified, "email_not_verified")).await;
        }
        match self.check_code(conn, app, &user).await? {
            CodeCheck::Missing => self.turn_away(conn, (LoginError::MfaRequired, "mfa_required")).await,
            CodeCheck::Wrong => self.refuse(conn, app, failures, (LoginError::InvalidCode, "wrong_code")).await,
            CodeCheck::NotEnrolled => self.accept(conn, user, Authentication::Password).await,
            CodeCheck::Right => self.accept(conn, user, Authentication::PasswordAndCode).await,
        }
    }

    /// The account, if the hash that was compared is still its own: hashing takes its time, and a reset, a change of the
    /// password or the erasure of the account may have come first.
    async fn lock_account(&self, conn: &mut Conn) -> Result<Option<User>, ::store::Error> {
        let Some((id, compared)) = &self.known else { return Ok(None) };
        let present = users::store::lock_credentials(conn, *id).await?;
        Ok(present.filter(|(_, hash)| hash.as_str() == compared.as_str()).map(|(user, _)| user))
    }

    async fn check_code(&self, conn: &mut Conn, app: &App, user: &User) -> Result<CodeCheck, LoginError> {
        match self.demand {
            Demand::Password => Ok(CodeCheck::NotEnrolled),
            Demand::EveryFactor => {
                let code = self.code.as_ref().map(ExposeSecret::expose_secret);
                Ok(mfa::check_code_in_tx(conn, &app.mfa, user, (code, self.device), self.now).await?)
            }
        }
    }

    /// Only whoever was asked for every factor and had it clears the count: whoever has the password alone may not guess
    /// codes for ever.
    async fn accept(
        &self,
        conn: &mut Conn,
        user: User,
        authentication: Authentication,
    ) -> Result<Result<Proven, LoginError>, LoginError> {
        if self.demand == Demand::EveryFactor {
            store::forget(conn, &self.email_key).await?;
        }
        Ok(Ok(Proven { user, authentication }))
    }

    /// Refuses, and counts it as a guess.
    async fn refuse(
        &self,
        conn: &mut Conn,
        app: &App,
        failures: LoginFailures,
        refusal: (LoginError, &'static str),
    ) -> Result<Result<Proven, LoginError>, LoginError> {
        let policy = app.settings.lockout;
        let after = failures.after_failure(policy, self.now);
        store::save(conn, &self.email_key, after).await?;
        if after.is_locked(policy, self.now) && !failures.is_locked(policy, self.now) {
            audit::record_in_tx(conn, &self.event(AuditKind::AccountLocked)).await?;
        }
        self.turn_away(conn, refusal).await
    }

    async fn turn_away(
        &self,
        conn: &mut Conn,
        (error, reason): (LoginError, &'static str),
    ) -> Result<Result<Proven, LoginError>, LoginError> {
        audit::record_in_tx(conn, &self.event(self.kind).failed(reason)).await?;
        Ok(Err(error))
    }

    fn event(&self, kind: AuditKind) -> AuditEvent {
        let mut event = AuditEvent::new(kind, self.now).from(self.device);
        event.subject = self.named;
        // A stranger is nobody; somebody signed in has a name.
        event.actor = self.named.filter(|_| self.kind == AuditKind::Reauthenticated);
        event
    }
}
