//! The person, or the API key of one, on whose behalf a request is made.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use kernel::{CompanyId, SessionId, UserId};
use problem::Problem;

use super::{CompanyRole, IdentityClaims, PlatformRole, TokenVerifier, tables};

/// Anybody who is signed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller(Arc<IdentityClaims>);

impl Caller {
    pub fn new(claims: Arc<IdentityClaims>) -> Self {
        Self(claims)
    }

    pub fn user_id(&self) -> UserId {
        self.0.sub
    }

    pub fn session_id(&self) -> SessionId {
        self.0.sid
    }

    pub fn email(&self) -> &str {
        &self.0.email
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn is_platform_admin(&self) -> bool {
        self.0.platform_role == Some(PlatformRole::Admin)
    }

    /// The caller's role in a company; `None` for a stranger.
    pub fn role_in(&self, company_id: CompanyId) -> Option<CompanyRole> {
        self.0.companies.iter().find(|membership| membership.id == company_id).map(|membership| membership.role)
    }

    pub fn claims(&self) -> &IdentityClaims {
        &self.0
    }

    /// True for a program with an API key. `user_id` is then the person of a personal key, or a name of its own for a
    /// company's key, which no person has.
    pub fn is_api_key(&self) -> bool {
        !self.0.scopes.is_empty()
    }

    /// An API key passes where its scopes let it through; a person passes.
    fn check_scopes(&self, request: &HttpRequest) -> Result<(), Problem> {
        if !self.is_api_key() {
            return Ok(());
        }
        let pattern = request.match_pattern().unwrap_or_default();
        if tables::scopes_allow(&self.0.scopes, request.method(), &pattern) {
            Ok(())
        } else {
            Err(Problem::forbidden("insufficient_scope", "The scopes of this API key do not allow this."))
        }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let verifier = request.app_data::<web::Data<TokenVerifier>>().cloned();
        let request = request.clone();
        Box::pin(async move {
            let verifier = verifier.ok_or_else(|| Problem::internal(anyhow::anyhow!("no token verifier")))?;
            let caller = Self(verifier.identity(&token?).await.map_err(Problem::from)?);
            caller.check_scopes(&request)?;
            Ok(caller)
        })
    }
}

/// The one bearer token of a request (RFC 6750); two `Authorization` headers are none.
pub(crate) fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let token = match (headers.next(), headers.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| value.split_once(' ')),
        _ => None,
    };
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
        _ => Err(Problem::unauthorized("authentication_required", "Sign in first.")),
    }
}
