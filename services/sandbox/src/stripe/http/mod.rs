//! The routes of the API: parameters in, a command or a look-up, an object out.

mod accounts;
mod destinations;
mod intents;
mod methods;
mod movements;
mod payments;
mod payouts;
mod refunds;
mod request;
mod sessions;
mod transfers;

use actix_web::{HttpRequest, HttpResponse};

pub use accounts::{create_account, create_account_link, retrieve_account, retrieve_balance, update_account};
pub use destinations::retrieve_application_fee;
pub use intents::{
    cancel_payment_intent, capture_payment_intent, confirm_payment_intent, create_payment_intent,
    retrieve_payment_intent,
};
pub use methods::{
    create_customer, create_portal_session, delete_customer, detach_payment_method, retrieve_customer,
    retrieve_payment_method, update_customer,
};
pub use movements::list_movements;
pub use payments::retrieve_charge;
pub use payouts::{create_payout, list_payouts, retrieve_payout};
pub use refunds::{create_refund, list_refunds, retrieve_refund};
pub use sessions::{create_session, expire_session, list_sessions, retrieve_session};
pub use transfers::{create_transfer, list_transfers, retrieve_transfer, reverse_transfer};

use super::StripeError;

/// What the sandbox does not play is said in Stripe's own words.
pub async fn unknown_route(request: HttpRequest) -> Result<HttpResponse, StripeError> {
    Err(StripeError::unknown_route(request.method().as_str(), request.path()))
}
