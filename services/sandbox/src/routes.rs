//! Every route of the sandbox. None asks who is calling: it listens on loopback, in development.

use actix_web::web::{get, post, scope};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{checkout, clock, mailbox, stripe::http as stripe};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(mailbox::list_mails)
        .service(mailbox::receive_mail)
        .service(clock::read_clock)
        .service(clock::advance_clock)
        .service(checkout::complete_checkout)
        .service(checkout::authenticate_checkout)
        .route("/checkout/{id}", get().to(checkout::checkout_page))
        .route("/checkout/{id}", post().to(checkout::submit_payment))
        .route("/checkout/{id}/authenticate", get().to(checkout::authentication_page))
        .route("/checkout/{id}/authenticate", post().to(checkout::submit_authentication))
        .route("/payments/{outcome}", get().to(checkout::return_page))
        .map(|config| config.service(stripe_api()));
}

/// Mounted so that `http://127.0.0.1:8090/stripe/` is the base address of a client.
fn stripe_api() -> actix_web::Scope {
    scope("/stripe/v1")
        .route("/checkout/sessions", post().to(stripe::create_session))
        .route("/checkout/sessions", get().to(stripe::list_sessions))
        .route("/checkout/sessions/{id}", get().to(stripe::retrieve_session))
        .route("/checkout/sessions/{id}/expire", post().to(stripe::expire_session))
        .route("/payment_intents/{id}", get().to(stripe::retrieve_payment_intent))
        .route("/charges/{id}", get().to(stripe::retrieve_charge))
        .route("/refunds", post().to(stripe::create_refund))
        .route("/refunds", get().to(stripe::list_refunds))
        .route("/refunds/{id}", get().to(stripe::retrieve_refund))
        .default_service(actix_web::web::to(stripe::unknown_route))
}
