//! Internal routes: which services may call them stands in the handler's signature.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use problem::Problem;

use super::{TokenVerifier, caller::bearer};

/// A list of services that may call a route.
pub trait ServiceCaller: 'static {
    const ALLOWED: &'static [&'static str];
}

/// Proof that one of the services of `S` calls, for this service: 401 without a service token, 403 for the others.
#[derive(Debug)]
pub struct CalledBy<S: ServiceCaller> {
    pub service: String,
    allowed: PhantomData<S>,
}

impl<S: ServiceCaller> FromRequest for CalledBy<S> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let verifier = request.app_data::<web::Data<TokenVerifier>>().cloned();
        Box::pin(async move {
            let verifier = verifier.ok_or_else(|| Problem::internal(anyhow::anyhow!("no token verifier")))?;
            let claims = verifier.service(&token?).await.map_err(Problem::from)?;
            if S::ALLOWED.contains(&claims.sub.as_str()) {
                Ok(Self { service: claims.sub, allowed: PhantomData })
            } else {
                Err(Problem::forbidden("service_not_allowed", "This service may not call this route."))
            }
        })
    }
}
