//! The routes of the API: parameters in, a command or a look-up, an object out.

mod payments;
mod refunds;
mod request;
mod sessions;

use actix_web::{HttpRequest, HttpResponse};

pub use payments::{retrieve_charge, retrieve_payment_intent};
pub use refunds::{create_refund, list_refunds, retrieve_refund};
pub use sessions::{create_session, expire_session, list_sessions, retrieve_session};

use super::StripeError;

/// What the sandbox does not play is said in Stripe's own words.
pub async fn unknown_route(request: HttpRequest) -> Result<HttpResponse, StripeError> {
    Err(StripeError::unknown_route(request.method().as_str(), request.path()))
}
