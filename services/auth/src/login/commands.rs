//! Logging in.

use ::store::Conn;
use jiff::Timestamp;

use super::{LockoutPolicy, LoginError, store};
use crate::{
    App,
    passwords::PresentedPassword,
    sessions::{self, Device, SignedIn},
    users::{self, Email, User},
};

/// Opens a session for whoever knows the password of a verified account.
pub async fn log_in(
    app: &App,
    email: &Email,
    password: PresentedPassword,
    device: &Device,
) -> Result<SignedIn, LoginError> {
    let (user, hash) = {
        let mut conn = app.db.conn().await?;
        users::store::find_credentials(&mut conn, email).await?.unzip()
    };
    let known = app.passwords.verify(password.into_secret(), hash).await?;
    let attempt = Attempt {
        email_key: app.email_key.name(&email.key()),
        // The person whose password this is, if it is anybody's.
        user: user.filter(|_| known),
        policy: app.settings.lockout,
        now: app.clock.now(),
    };
    // A refusal is counted, so it commits too.
    app.db.transaction(async |conn| attempt.decide_in_tx(conn, device).await).await?
}

struct Attempt {
    email_key: Vec<u8>,
    user: Option<User>,
    policy: LockoutPolicy,
    now: Timestamp,
}

impl Attempt {
    async fn decide_in_tx(&self, conn: &mut Conn, device: &Device) -> Result<Result<SignedIn, LoginError>, LoginError> {
        let failures = store::lock(conn, &self.email_key, self.now).await?;
        let locked = failures.is_locked(self.policy, self.now);
        let Some(user) = self.user.clone().filter(|_| !locked) else {
            store::save(conn, &self.email_key, failures.after_failure(self.policy, self.now)).await?;
            return Ok(Err(LoginError::InvalidCredentials));
        };
        store::forget(conn, &self.email_key).await?;
        if !user.email_verified {
            return Ok(Err(LoginError::EmailNotVerified));
        }
        Ok(Ok(sessions::open_session_in_tx(conn, user, device, self.now).await?))
    }
}
