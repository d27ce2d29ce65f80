//! Issuing tokens to services.

use aws_lc_rs::constant_time;
use kernel::{SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};
use service_kit::{config::derive_service_secret, identity::TokenType};

use super::{TokenError, grants, model};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    sessions::{self, Device},
    users,
};

/// A token with which `caller` may call `callee`. What is refused stands in the trail, with the names of services only:
/// whatever else was sent may be a secret.
pub async fn issue_service_token(
    app: &App,
    (caller, secret): (&str, &SecretString),
    callee: &str,
    device: &Device,
) -> Result<String, TokenError> {
    let issued = sign_service_token(app, (caller, secret), callee).await;
    let reason = match &issued {
        Err(TokenError::InvalidClient) if !grants::is_service(caller) => "unknown_service",
        Err(TokenError::InvalidClient) => "wrong_secret",
        Err(TokenError::AudienceNotAllowed) => "audience_not_allowed",
        _ => return issued,
    };
    let mut refused = AuditEvent::new(AuditKind::ServiceCredentialRefused, app.clock.now()).from(device).failed(reason);
    for (name, service) in [("service", caller), ("audience", callee)] {
        if grants::is_service(service) {
            refused = refused.with(name, service);
        }
    }
    audit::record_refusal(app, &refused).await?;
    issued
}

async fn sign_service_token(
    app: &App,
    (caller, secret): (&str, &SecretString),
    callee: &str,
) -> Result<String, TokenError> {
    let expected = derive_service_secret(&app.service_master_key, caller);
    let matches =
        constant_time::verify_slices_are_equal(expected.expose_secret().as_bytes(), secret.expose_secret().as_bytes());
    if matches.is_err() || !grants::is_service(caller) {
        return Err(TokenError::InvalidClient);
    }
    if !grants::may_call(caller, callee) {
        return Err(TokenError::AudienceNotAllowed);
    }
    let now = app.clock.now();
    let signer = app.keyring.signer(now).await?;
    Ok(signer.sign(TokenType::Service, &model::service_claims(caller, callee, now))?)
}

/// The identity that the gateway passes inward for an access token of this session.
pub async fn issue_identity_token(app: &App, user_id: UserId, session_id: SessionId) -> Result<String, TokenError> {
    let now = app.clock.now();
    let signer = app.keyring.signer(now).await?;
    let mut conn = app.db.conn().await?;
    let session = sessions::store::find_of_user(&mut conn, user_id, session_id).await?;
    let session = session.filter(|session| session.is_open(now)).ok_or(TokenError::NoSession)?;
    let mut profile = users::store::find_profile(&mut conn, user_id).await?.ok_or(TokenError::NoSession)?;
    if app.settings.require_admin_mfa && !session.authentication.is_multi_factor() {
        // A session from before the role or the rule: it goes on, without the power that asks for more.
        profile.user.platform_role = None;
    }
    Ok(signer.sign(TokenType::Internal, &model::identity_claims(&profile, session_id, now))?)
}
