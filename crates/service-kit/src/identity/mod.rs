//! Who asks, and what they may do. Services accept internal identity tokens only, which the gateway obtains from
//! auth for a valid access token; authorisation is read in a handler's signature.

mod caller;
mod claims;
mod key_set;
pub mod permissions;
mod roles;
mod service_caller;
pub mod tables;
mod verifier;

pub use caller::Caller;
pub(crate) use caller::bearer;
pub use claims::{Audience, CompanyMembership, ISSUER, IdentityClaims, ServiceClaims, TokenType};
pub use permissions::{Allowed, CompanyPermission};
pub use roles::{CompanyManager, CompanyOwner, CompanyRole, CompanyStaff, PlatformAdmin, PlatformRole};
pub use service_caller::{CalledBy, ServiceCaller};
pub use verifier::{TokenError, TokenVerifier};
