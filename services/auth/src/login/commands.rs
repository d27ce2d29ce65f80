//! Logging in, and asking somebody who is signed in again.

use ::store::Conn;
use service_kit::Caller;

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
    caller: &Caller,
    credentials: Credentials,
    demand: Demand,
    device: &Device,
) -> Result<User, ReauthenticationError> {
    let attempt = Attempt::by_user(app, caller.user_id(), credentials, demand, device).await?;
    let by = (caller, demand, device);
    Ok(app.db.transaction(async |conn| reauthenticate_in_tx(conn, app, &attempt, by).await).await??)
}

async fn reauthenticate_in_tx(
    conn: &mut Conn,
    app: &App,
    attempt: &Attempt<'_>,
    (caller, demand, device): (&Caller, Demand, &Device),
) -> Result<Result<User, LoginError>, LoginError> {
    let proven = match attempt.decide_in_tx(conn, app).await? {
        Ok(proven) => proven,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if demand == Demand::EveryFactor && lacks_required_factor(app, &proven) {
        // There is no code to ask for, but a passkey may have opened the session.
        let session = sessions::store::find_of_user(conn, proven.user.id, caller.session_id()).await?;
        if !session.is_some_and(|session| session.authentication.is_multi_factor()) {
            let refused = AuditEvent::own(AuditKind::Reauthenticated, proven.user.id, attempt.now).from(device);
            audit::record_in_tx(conn, &refused.failed("mfa_enrolment_required")).await?;
            return Ok(Err(LoginError::MfaEnrolmentRequired));
        }
    }
    Ok(Ok(proven.user))
}
