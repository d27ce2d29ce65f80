//! From a key to the identity that the gateway passes inward.

use jiff::Timestamp;
use kernel::{ApiKeyId, SessionId, UserId, new_uuid};
use service_kit::identity::{Audience, CompanyMembership, CompanyRole, ISSUER, IdentityClaims, TokenType};

use super::{ApiKey, ApiKeyError, KeyOwner, model, store};
use crate::{
    App,
    audit::{self, AuditEvent, AuditKind},
    companies::{self, Company},
    secrets,
    sessions::Device,
    tokens::IDENTITY_TOKEN_LIFETIME,
    users::{self, Profile},
};

/// What the gateway is told of a key.
pub struct KeyIdentity {
    pub key_id: ApiKeyId,
    pub owner: KeyOwner,
    pub token: String,
    pub expires_in: i64,
}

/// Exchanges a key for the identity of whoever it acts for. One that is refused stands in the trail.
pub async fn identify(app: &App, presented: &str, device: &Device) -> Result<KeyIdentity, ApiKeyError> {
    let now = app.clock.now();
    let Some(key) = find(app, presented).await? else {
        return refuse(app, AuditEvent::new(AuditKind::ApiKeyRefused, now).from(device).failed("unknown")).await;
    };
    if let Err(reason) = key.ensure_usable(now) {
        return refuse(app, about(&key, now).from(device).failed(reason)).await;
    }
    let signer = app.keyring.signer(now).await?;
    let mut conn = app.db.conn().await?;
    let exp = expiry(&key, now);
    let claims = match key.owner {
        KeyOwner::User(id) => {
            let profile = users::store::find_profile(&mut conn, id).await?.ok_or(ApiKeyError::Invalid)?;
            claims_of_person(&key, &profile, now, exp)
        }
        KeyOwner::Company(id) => {
            let company = companies::store::find(&mut conn, id).await?.ok_or(ApiKeyError::Invalid)?;
            claims_of_company(&key, &company, now, exp)
        }
    };
    store::note_use(&mut conn, key.id, now).await?;
    let token = signer.sign(TokenType::Internal, &claims)?;
    Ok(KeyIdentity { key_id: key.id, owner: key.owner, token, expires_in: exp.as_second() - now.as_second() })
}

async fn find(app: &App, presented: &str) -> Result<Option<ApiKey>, ApiKeyError> {
    if !model::looks_like_a_key(presented) {
        return Ok(None);
    }
    let mut conn = app.db.conn().await?;
    Ok(store::find_by_hash(&mut conn, &secrets::hash(presented)).await?)
}

async fn refuse<T>(app: &App, event: AuditEvent) -> Result<T, ApiKeyError> {
    audit::record_refusal(app, &event).await?;
    Err(ApiKeyError::Invalid)
}

/// Somebody goes on using a key that is over: its owner may want to know who.
fn about(key: &ApiKey, now: Timestamp) -> AuditEvent {
    let event = AuditEvent::new(AuditKind::ApiKeyRefused, now).with("key_id", key.id.to_string());
    match key.owner {
        KeyOwner::User(id) => event.about(id),
        KeyOwner::Company(id) => event.in_company(id),
    }
}

/// No token outlives its key.
fn expiry(key: &ApiKey, now: Timestamp) -> Timestamp {
    let usual = now + IDENTITY_TOKEN_LIFETIME;
    key.expires_at.map_or(usual, |expires_at| expires_at.min(usual))
}

/// The person's roles in their companies, never their role on the platform.
fn claims_of_person(key: &ApiKey, profile: &Profile, now: Timestamp, exp: Timestamp) -> IdentityClaims {
    let companies = profile.companies.iter();
    IdentityClaims {
        sub: profile.user.id,
        email: profile.user.email.to_string(),
        name: profile.user.name.as_str().to_owned(),
        email_verified: profile.user.email_verified,
        companies: companies.map(|company| CompanyMembership { id: company.company_id, role: company.role }).collect(),
        ..claims(key, now, exp)
    }
}

/// A manager of this one company. The key stands for no person, so it has a user id that nobody else has.
fn claims_of_company(key: &ApiKey, company: &Company, now: Timestamp, exp: Timestamp) -> IdentityClaims {
    IdentityClaims {
        name: company.name.as_str().to_owned(),
        companies: vec![CompanyMembership { id: company.id, role: CompanyRole::Manager }],
        ..claims(key, now, exp)
    }
}

fn claims(key: &ApiKey, now: Timestamp, exp: Timestamp) -> IdentityClaims {
    IdentityClaims {
        iss: ISSUER.to_owned(),
        aud: Audience::INTERNAL.to_owned(),
        sub: UserId::from_uuid(key.id.uuid()),
        // A key is no session; its id names none.
        sid: SessionId::from_uuid(key.id.uuid()),
        iat: now.as_second(),
        exp: exp.as_second(),
        jti: new_uuid().to_string(),
        email: String::new(),
        name: String::new(),
        email_verified: false,
        platform_role: None,
        companies: Vec::new(),
        scopes: key.scopes.clone(),
    }
}
