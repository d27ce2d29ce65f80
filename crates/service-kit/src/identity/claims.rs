//! What stands in the tokens that services accept. Auth signs them, everyone else verifies them.

use kernel::{CompanyId, SessionId, UserId};
use serde::{Deserialize, Serialize};

use super::{CompanyRole, PlatformRole};

/// `iss` of every token.
pub const ISSUER: &str = "roomtone-auth";

/// Which kind of token, as its `typ` header says; one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// A client's access token (RFC 9068), accepted by the gateway only.
    Access,
    /// The identity the gateway passes inward.
    Internal,
    /// One service calling another.
    Service,
}

impl TokenType {
    pub fn header(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Internal => "int+jwt",
            Self::Service => "svc+jwt",
        }
    }
}

/// `aud` values that are not a service's name.
#[derive(Debug)]
pub struct Audience;

impl Audience {
    pub const PUBLIC: &'static str = "roomtone";
    pub const INTERNAL: &'static str = "internal";
}

/// One company the user works for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyMembership {
    pub id: CompanyId,
    pub role: CompanyRole,
}

/// The claims of an internal identity token. Times are seconds since the Unix epoch, by the [`kernel::Clock`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityClaims {
    pub iss: String,
    pub aud: String,
    pub sub: UserId,
    pub sid: SessionId,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    pub email: String,
    pub name: String,
    pub email_verified: bool,
    pub platform_role: Option<PlatformRole>,
    pub companies: Vec<CompanyMembership>,
    /// Empty for a person; what an API key may do, otherwise.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// The claims of a service token: `sub` is the calling service, `aud` the called one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
}
