//! Callers with signed identities, as the gateway would pass them.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{CompanyId, SessionId, UserId, clock::real_now};
use serde::Serialize;
use serde_json::json;
use service_kit::identity::{
    Audience, CompanyMembership, CompanyRole, ISSUER, IdentityClaims, PlatformRole, ServiceClaims, TokenType,
};

const KEY_ID: &str = "test-key";

/// The keys of a test's auth.
pub struct TestKeys {
    private: EncodingKey,
    public: String,
}

impl Default for TestKeys {
    fn default() -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key pair");
        let der = pair.to_pkcs8v1().expect("PKCS #8");
        Self {
            private: EncodingKey::from_ed_der(der.as_ref()),
            public: BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        }
    }
}

impl TestKeys {
    /// What auth serves at `/.well-known/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": self.public}]})
    }

    /// Signs any claims as a token of the given kind.
    pub fn sign(&self, kind: TokenType, claims: &impl Serialize) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(kind.header().to_owned());
        header.kid = Some(KEY_ID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.private).expect("a signed token")
    }

    /// Signs any claims under any header, whatever it says.
    pub fn sign_with_header(&self, header: &serde_json::Value, claims: &impl Serialize) -> String {
        let claims = serde_json::to_string(claims).expect("claims");
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", part(&header.to_string()), part(&claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, Algorithm::EdDSA);
        format!("{message}.{}", signature.expect("a signature"))
    }

    /// A token with which `caller` may call `callee`'s internal routes.
    pub fn service_token(&self, caller: &str, callee: &str) -> String {
        let now = real_now().as_second();
        let claims = ServiceClaims {
            iss: ISSUER.to_owned(),
            aud: callee.to_owned(),
            sub: caller.to_owned(),
            iat: now,
            exp: now + FAR,
            jti: kernel::new_uuid().to_string(),
        };
        self.sign(TokenType::Service, &claims)
    }
}

/// Tokens of tests outlive every move of the clock.
const FAR: i64 = 400 * 24 * 3600;

/// Builds the identity of a caller: a verified person without roles, to begin with.
#[derive(Debug, Clone)]
pub struct CallerToken {
    claims: IdentityClaims,
}

impl Default for CallerToken {
    fn default() -> Self {
        let user_id = UserId::new();
        let now = real_now().as_second();
        Self {
            claims: IdentityClaims {
                iss: ISSUER.to_owned(),
                aud: Audience::INTERNAL.to_owned(),
                sub: user_id,
                sid: SessionId::new(),
                iat: now,
                exp: now + FAR,
                jti: kernel::new_uuid().to_string(),
                email: format!("{user_id}@example.com"),
                name: "Test Person".to_owned(),
                email_verified: true,
                platform_role: None,
                companies: Vec::new(),
                scopes: Vec::new(),
            },
        }
    }
}

impl CallerToken {
    pub fn user_id(&self) -> UserId {
        self.claims.sub
    }

    pub fn user(mut self, user_id: UserId) -> Self {
        self.claims.sub = user_id;
        self
    }

    pub fn email(mut self, email: &str) -> Self {
        email.clone_into(&mut self.claims.email);
        self
    }

    pub fn admin(mut self) -> Self {
        self.claims.platform_role = Some(PlatformRole::Admin);
        self
    }

    pub fn owner_of(self, company_id: CompanyId) -> Self {
        self.member_of(company_id, CompanyRole::Owner)
    }

    pub fn member_of(mut self, company_id: CompanyId, role: CompanyRole) -> Self {
        self.claims.companies.push(CompanyMembership { id: company_id, role });
        self
    }

    /// An API key with these scopes.
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.claims.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    pub fn signed(&self, keys: &TestKeys) -> String {
        keys.sign(TokenType::Internal, &self.claims)
    }
}
