//! What stands in a token.

use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, UserId, new_uuid};
use serde::Serialize;
use service_kit::identity::{Audience, CompanyMembership, ISSUER, IdentityClaims, ServiceClaims, TokenType};

use crate::{
    keys::{KeyError, Signer},
    sessions::SignedIn,
    users::Profile,
};

pub const ACCESS_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
pub const IDENTITY_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
pub const SERVICE_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// The claims of an access token: who and which session, and nothing that could be out of date.
#[derive(Debug, Serialize)]
struct AccessClaims {
    iss: &'static str,
    aud: &'static str,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

pub fn sign_access_token(signer: &Signer, signed_in: &SignedIn, now: Timestamp) -> Result<String, KeyError> {
    let claims = AccessClaims {
        iss: ISSUER,
        aud: Audience::PUBLIC,
        sub: signed_in.profile.user.id,
        sid: signed_in.session_id,
        iat: now.as_second(),
        nbf: now.as_second(),
        exp: (now + ACCESS_TOKEN_LIFETIME).as_second(),
        jti: new_uuid().to_string(),
    };
    signer.sign(TokenType::Access, &claims)
}

pub fn identity_claims(profile: &Profile, sid: SessionId, now: Timestamp) -> IdentityClaims {
    let companies = profile.companies.iter();
    IdentityClaims {
        iss: ISSUER.to_owned(),
        aud: Audience::INTERNAL.to_owned(),
        sub: profile.user.id,
        sid,
        iat: now.as_second(),
        exp: (now + IDENTITY_TOKEN_LIFETIME).as_second(),
        jti: new_uuid().to_string(),
        email: profile.user.email.to_string(),
        name: profile.user.name.as_str().to_owned(),
        email_verified: profile.user.email_verified,
        platform_role: profile.user.platform_role,
        companies: companies.map(|company| CompanyMembership { id: company.company_id, role: company.role }).collect(),
        scopes: Vec::new(),
    }
}

pub fn service_claims(caller: &str, callee: &str, now: Timestamp) -> ServiceClaims {
    ServiceClaims {
        iss: ISSUER.to_owned(),
        aud: callee.to_owned(),
        sub: caller.to_owned(),
        iat: now.as_second(),
        exp: (now + SERVICE_TOKEN_LIFETIME).as_second(),
        jti: new_uuid().to_string(),
    }
}
