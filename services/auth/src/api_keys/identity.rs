//! From a key to the identity that the gateway passes inward.

use jiff::Timestamp;
use kernel::{ApiKeyId, SessionId, UserId, new_uuid};
use service_kit::identity::{Audience, CompanyMembership, CompanyRole, ISSUER, IdentityClaims, TokenType};

use super::{ApiKey, ApiKeyError, KeyOwner, model, store};
use crate::{App, companies, companies::Company, secrets, tokens::IDENTITY_TOKEN_LIFETIME, users, users::Profile};

/// What the gateway is told of a key.
pub struct KeyIdentity {
    pub key_id: ApiKeyId,
    pub owner: KeyOwner,
    pub token: String,
    pub expires_in: i64,
}

/// Exchanges a key for the identity of whoever it acts for.
pub async fn identify(app: &App, presented: &str) -> Result<KeyIdentity, ApiKeyError> {
    if !model::looks_like_a_key(presented) {
        return Err(ApiKeyError::Invalid);
    }
    let now = app.clock.now();
    let signer = app.keyring.signer(now).await?;
    let mut conn = app.db.conn().await?;
    let key = store::find_by_hash(&mut conn, &secrets::hash(presented)).await?;
    let key = key.filter(|key| key.is_usable(now)).ok_or(ApiKeyError::Invalid)?;
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
