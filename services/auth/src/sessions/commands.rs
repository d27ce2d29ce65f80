//! Opening, continuing and ending sessions.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Authentication, Device, EndReason, Session, SessionError, events,
    family::{self, Decision, Family},
    store,
};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    secrets::{self, RefreshKey, SecretKind},
    users::{self, Profile, User},
};

/// Somebody who is signed in now: their session, its newest refresh token, and who they are.
pub struct SignedIn {
    pub session_id: SessionId,
    pub refresh_token: SecretString,
    pub profile: Profile,
}

/// Opens a session for a person who has proved who they are.
pub async fn open_session_in_tx(
    conn: &mut Conn,
    user: User,
    authentication: Authentication,
    device: &Device,
    now: Timestamp,
) -> Result<SignedIn, ::store::Error> {
    let refresh_token = SecretKind::RefreshToken.generate();
    let session = store::insert(conn, user.id, authentication, device, now).await?;
    let logged_in = AuditEvent::own(AuditKind::LoggedIn, user.id, now).from(device);
    let logged_in = logged_in.with("session_id", session.id.to_string()).with("by", authentication.as_str());
    audit::record_in_tx(conn, &logged_in).await?;
    store::insert_token(conn, session.id, session.generation, &secrets::hash(refresh_token.expose_secret())).await?;
    let profile = users::store::profile_of(conn, user).await?;
    Ok(SignedIn { session_id: session.id, refresh_token, profile })
}

/// Exchanges a refresh token for its successor.
pub async fn refresh(app: &App, presented: &str, device: &Device) -> Result<SignedIn, SessionError> {
    let now = app.clock.now();
    // Ending a family is an effect, so a refusal commits too.
    app.db.transaction(async |conn| refresh_in_tx(conn, &app.refresh_key, (presented, device), now).await).await?
}

async fn refresh_in_tx(
    conn: &mut Conn,
    key: &RefreshKey,
    (presented, device): (&str, &Device),
    now: Timestamp,
) -> Result<Result<SignedIn, SessionError>, SessionError> {
    let hash = secrets::hash(presented);
    let family_id = store::family_of_token(conn, &hash).await?.ok_or(SessionError::InvalidToken)?;
    let session = store::lock(conn, family_id).await?.ok_or(SessionError::InvalidToken)?;
    let token = store::find_token(conn, &hash).await?.ok_or(SessionError::InvalidToken)?;
    let user = users::store::find(conn, session.user_id).await?.ok_or(SessionError::InvalidToken)?;
    let family = Family { generation: session.generation, expires_at: session.expires_at, ended: session.ended };
    let successor = key.successor(presented, session.id, token.generation + 1);
    match family::decide(&family, token, now) {
        Decision::Rotate => {
            store::rotate(conn, &session, (&hash, &secrets::hash(successor.expose_secret())), now).await?;
        }
        Decision::Repeat => {}
        Decision::Superseded => return Ok(Err(SessionError::SupersededToken)),
        Decision::EndedByReuse => return Ok(Err(SessionError::ReusedToken)),
        Decision::Over => return Ok(Err(SessionError::InvalidToken)),
        Decision::Reused => {
            let ended = end_in_tx(conn, &session, EndReason::TokenReused, now).await?;
            events::refresh_token_reused(conn, &ended, &user, now).await?;
            let reused = AuditEvent::new(AuditKind::RefreshTokenReused, now).about(user.id).from(device);
            let reused = reused.failed("reused").with("session_id", session.id.to_string());
            audit::record_in_tx(conn, &reused).await?;
            return Ok(Err(SessionError::ReusedToken));
        }
    }
    let profile = users::store::profile_of(conn, user).await?;
    Ok(Ok(SignedIn { session_id: session.id, refresh_token: successor, profile }))
}

/// Ends the caller's own session; ending it again changes nothing.
pub async fn log_out(app: &App, user_id: UserId, session_id: SessionId, device: &Device) -> Result<(), SessionError> {
    let event = AuditEvent::own(AuditKind::LoggedOut, user_id, app.clock.now()).from(device);
    match end_session(app, (user_id, session_id), EndReason::Logout, event).await {
        Err(SessionError::NotFound) => Ok(()),
        result => result,
    }
}

/// Ends one of the user's sessions from another one.
pub async fn revoke_session(
    app: &App,
    user_id: UserId,
    session_id: SessionId,
    device: &Device,
) -> Result<(), SessionError> {
    let event = AuditEvent::own(AuditKind::SessionRevoked, user_id, app.clock.now()).from(device);
    end_session(app, (user_id, session_id), EndReason::Revoked, event).await
}

async fn end_session(
    app: &App,
    (user_id, id): (UserId, SessionId),
    reason: EndReason,
    event: AuditEvent,
) -> Result<(), SessionError> {
    let event = event.with("session_id", id.to_string());
    app.db
        .transaction(async |conn| {
            let session = store::lock_of_user(conn, user_id, id).await?.ok_or(SessionError::NotFound)?;
            if session.ended.is_some() {
                return Err(SessionError::NotFound);
            }
            end_in_tx(conn, &session, reason, event.occurred_at).await?;
            audit::record_in_tx(conn, &event).await?;
            Ok(())
        })
        .await
}

/// Ends every session of the user.
pub async fn log_out_everywhere(app: &App, user_id: UserId, device: &Device) -> Result<(), SessionError> {
    let event = AuditEvent::own(AuditKind::LoggedOutEverywhere, user_id, app.clock.now()).from(device);
    app.db
        .transaction(async |conn| {
            users::store::lock(conn, user_id).await?;
            let ended = end_all_in_tx(conn, user_id, None, EndReason::Logout, event.occurred_at).await?;
            audit::record_in_tx(conn, &event.clone().with("sessions", ended)).await?;
            Ok(())
        })
        .await
}

/// Locks somebody who is signed in, before what else of theirs is locked. Whoever was signed out while their request was
/// on its way changes nothing that lasts: a password reset locks the user, too, so it comes before or after.
pub async fn lock_owner_in_tx(
    conn: &mut Conn,
    (user_id, session_id): (UserId, SessionId),
    now: Timestamp,
) -> Result<(User, Session), SessionError> {
    let user = users::store::lock(conn, user_id).await?;
    let session = store::find_of_user(conn, user_id, session_id).await?.filter(|session| session.is_open(now));
    user.zip(session).ok_or(SessionError::Ended)
}

/// Ends the user's sessions but one, if it is named; says how many. Lock the user first.
pub async fn end_all_in_tx(
    conn: &mut Conn,
    user_id: UserId,
    but: Option<SessionId>,
    reason: EndReason,
    now: Timestamp,
) -> Result<usize, ::store::Error> {
    let mut ended = 0;
    for session in store::lock_all_of_user(conn, user_id).await? {
        if Some(session.id) != but {
            end_in_tx(conn, &session, reason, now).await?;
            ended += 1;
        }
    }
    Ok(ended)
}

pub async fn list_sessions(
    app: &App,
    user_id: UserId,
    page: (Option<SessionId>, i64),
) -> Result<Vec<Session>, SessionError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list_open(&mut conn, user_id, page, app.clock.now()).await?)
}

async fn end_in_tx(
    conn: &mut Conn,
    session: &Session,
    reason: EndReason,
    now: Timestamp,
) -> Result<Session, ::store::Error> {
    let ended = store::end(conn, session.id, reason, now).await?;
    events::revoked(conn, &ended, now).await?;
    Ok(ended)
}
