//! Every route of the sandbox. None asks who is calling: it listens on loopback, in development.

use actix_web::{
    dev::HttpServiceFactory,
    middleware::from_fn,
    web::{delete, get, post, scope},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    checkout, clock, connect, faults, mailbox,
    paypal::{
        self, disputes as paypal_disputes, http as paypal_api, payouts::http as paypal_payouts, reporting, signer,
    },
    portal,
    square::{balances, http as square, oauth, payouts},
    stripe::http as stripe,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(mailbox::list_mails)
        .service(mailbox::receive_mail)
        .service(clock::read_clock)
        .service(clock::advance_clock)
        .service(checkout::complete_checkout)
        .service(checkout::authenticate_checkout)
        .service(checkout::decide_dispute)
        .service(checkout::fail_refund)
        .route("/checkout/{id}", get().to(checkout::checkout_page))
        .route("/checkout/{id}", post().to(checkout::submit_payment))
        .route("/checkout/{id}/authenticate", get().to(checkout::authentication_page))
        .route("/checkout/{id}/authenticate", post().to(checkout::submit_authentication))
        .service(connect::http::onboard_account)
        .service(connect::http::settle_payout)
        .route("/checkout/onboarding/{token}", get().to(connect::onboarding_page))
        .route("/checkout/onboarding/{token}", post().to(connect::submit_onboarding))
        .route("/checkout/portal/{token}", get().to(portal::portal_page))
        .route("/checkout/portal/{token}", post().to(portal::submit_choice))
        .route("/sandbox/square/balances/{merchant_id}", get().to(balances::read_balance))
        .route("/payments/{outcome}", get().to(checkout::return_page))
        .service(faults::add_fault)
        .service(faults::list_faults)
        .map(|config| config.service(stripe_api()).service(square_api()).service(paypal_routes()));
}

/// Mounted so that `http://127.0.0.1:8090/stripe/` is the base address of a client.
fn stripe_api() -> impl HttpServiceFactory {
    scope("/stripe/v1")
        .route("/billing_portal/sessions", post().to(stripe::create_portal_session))
        .route("/checkout/sessions", post().to(stripe::create_session))
        .route("/checkout/sessions", get().to(stripe::list_sessions))
        .route("/checkout/sessions/{id}", get().to(stripe::retrieve_session))
        .route("/checkout/sessions/{id}/expire", post().to(stripe::expire_session))
        .route("/customers", post().to(stripe::create_customer))
        .route("/customers/{id}", get().to(stripe::retrieve_customer))
        .route("/customers/{id}", post().to(stripe::update_customer))
        .route("/customers/{id}", delete().to(stripe::delete_customer))
        .route("/payment_methods/{id}", get().to(stripe::retrieve_payment_method))
        .route("/payment_methods/{id}/detach", post().to(stripe::detach_payment_method))
        .route("/payment_intents", post().to(stripe::create_payment_intent))
        .route("/payment_intents/{id}/confirm", post().to(stripe::confirm_payment_intent))
        .route("/payment_intents/{id}/capture", post().to(stripe::capture_payment_intent))
        .route("/payment_intents/{id}/cancel", post().to(stripe::cancel_payment_intent))
        .route("/payment_intents/{id}", get().to(stripe::retrieve_payment_intent))
        .route("/charges/{id}", get().to(stripe::retrieve_charge))
        .route("/refunds", post().to(stripe::create_refund))
        .route("/refunds", get().to(stripe::list_refunds))
        .route("/refunds/{id}", get().to(stripe::retrieve_refund))
        .route("/accounts", post().to(stripe::create_account))
        .route("/accounts/{id}", get().to(stripe::retrieve_account))
        .route("/accounts/{id}", post().to(stripe::update_account))
        .route("/account_links", post().to(stripe::create_account_link))
        .route("/application_fees/{id}", get().to(stripe::retrieve_application_fee))
        .route("/balance", get().to(stripe::retrieve_balance))
        .route("/balance_transactions", get().to(stripe::list_movements))
        .route("/transfers", post().to(stripe::create_transfer))
        .route("/transfers", get().to(stripe::list_transfers))
        .route("/transfers/{id}", get().to(stripe::retrieve_transfer))
        .route("/transfers/{id}/reversals", post().to(stripe::reverse_transfer))
        .route("/payouts", post().to(stripe::create_payout))
        .route("/payouts", get().to(stripe::list_payouts))
        .route("/payouts/{id}", get().to(stripe::retrieve_payout))
        .default_service(actix_web::web::to(stripe::unknown_route))
        .wrap(from_fn(faults::inject))
}

/// The base address is `http://127.0.0.1:8090/square/`.
fn square_api() -> impl HttpServiceFactory {
    scope("/square")
        .route("/v2/online-checkout/payment-links", post().to(square::create_payment_link))
        .route("/v2/online-checkout/payment-links/{id}", get().to(square::retrieve_payment_link))
        .route("/v2/online-checkout/payment-links/{id}", delete().to(square::delete_payment_link))
        .route("/v2/orders/{id}", get().to(square::retrieve_order))
        .route("/v2/payments/{id}", get().to(square::retrieve_payment))
        .route("/v2/refunds", post().to(square::create_refund))
        .route("/v2/refunds", get().to(square::list_refunds))
        .route("/v2/refunds/{id}", get().to(square::retrieve_refund))
        .route("/v2/disputes", get().to(square::list_disputes))
        .route("/v2/locations", get().to(square::list_locations))
        .route("/v2/payouts", get().to(payouts::list_payouts))
        .route("/v2/payouts/{id}/payout-entries", get().to(payouts::list_payout_entries))
        .route("/v2/locations/{id}", get().to(square::retrieve_location))
        .route("/oauth2/authorize", get().to(oauth::authorize_page))
        .route("/oauth2/authorize", post().to(oauth::authorize))
        .route("/oauth2/token", post().to(oauth::obtain_token))
        .default_service(actix_web::web::to(square::unknown_route))
        .wrap(from_fn(faults::inject))
}

/// The base address is `http://127.0.0.1:8090/paypal/`.
fn paypal_routes() -> impl HttpServiceFactory {
    scope("/paypal")
        .route("/v1/oauth2/token", post().to(paypal::obtain_token))
        .route("/v2/checkout/orders", post().to(paypal_api::create_order))
        .route("/v2/checkout/orders/{id}", get().to(paypal_api::retrieve_order))
        .route("/v2/checkout/orders/{id}/capture", post().to(paypal_api::capture_order))
        .route("/v2/payments/captures/{id}", get().to(paypal_api::retrieve_capture))
        .route("/v2/payments/captures/{id}/refund", post().to(paypal_api::refund_capture))
        .route("/v2/payments/refunds/{id}", get().to(paypal_api::retrieve_refund))
        .route("/v1/customer/disputes", get().to(paypal_disputes::list_disputes))
        .route("/v1/customer/disputes/{id}", get().to(paypal_disputes::retrieve_dispute))
        .route("/v1/payments/payouts", post().to(paypal_payouts::create_payout))
        .route("/v1/payments/payouts/{id}", get().to(paypal_payouts::retrieve_payout))
        .route("/v1/payments/payouts-item/{id}", get().to(paypal_payouts::retrieve_item))
        .route("/v1/payments/payouts-item/{id}/cancel", post().to(paypal_payouts::cancel_item))
        .route("/v1/reporting/transactions", get().to(reporting::search_transactions))
        .route("/v1/notifications/certs/{name}", get().to(signer::certificate))
        .default_service(actix_web::web::to(paypal_api::unknown_route))
        .wrap(from_fn(faults::inject))
}
