//! Logging in, and asking somebody who is signed in again.

use ::store::Conn;
use kernel::UserId;

use super::{Attempt, Credentials, Demand, LoginError, Proven, ReauthenticationError};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    sessions::{self, Device, SignedIn},
    users::{Email, User},
};

/// Opens a session for whoever knows the password of a verified account and has its second factor.
pub async fn log_in(
    app: &App,
    email: &Email,
    credentials: Credentials,
    device: &Device,
) -> Result<SignedIn, LoginError> {
    let attempt = Attempt::by_email(app, email, credentials, Demand::EveryFactor, device).await?;
    // A refusal is counted, so it commits too.
    app.db.transaction(async |conn| log_in_in_tx(conn, app, &attempt, device).await).await?
}

async fn log_in_in_tx(
    conn: &mut Conn,
    app: &App,
    attempt: &Attempt<'_>,
    device: &Device,
) -> Result<Result<SignedIn, LoginError>, LoginError> {
    let proven = match attempt.decide_in_tx(conn, app).await? {
        Ok(proven) => proven,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if lacks_required_factor(app, &proven) {
        let refused = AuditEvent::new(AuditKind::LoggedIn, attempt.now).about(proven.user.id).from(device);
        audit::record_in_tx(conn, &refused.failed("mfa_enrolment_required")).await?;
        return Ok(Err(LoginError::MfaEnrolmentRequired));
    }
    let Proven { user, authentication } = proven;
    Ok(Ok(sessions::open_session_in_tx(conn, user, authentication, device, attempt.now).await?))
}

/// Who has a role on the platform may not sign in by a password alone.
fn lacks_required_factor(app: &App, proven: &Proven) -> bool {
    let privileged = proven.user.platform_role.is_some();
    app.settings.require_admin_mfa && privileged && !proven.authentication.is_multi_factor()
}

/// Makes sure that it is still the owner who is signed in, before something they could lose the account by.
pub async fn reauthenticate(
    app: &App,
    user_id: UserId,
    credentials: Credentials,
    demand: Demand,
    device: &Device,
) -> Result<User, ReauthenticationError> {
    let attempt = Attempt::by_user(app, user_id, credentials, demand, device).await?;
    let proven = app.db.transaction(async |conn| attempt.decide_in_tx(conn, app).await).await??;
    Ok(proven.user)
}
