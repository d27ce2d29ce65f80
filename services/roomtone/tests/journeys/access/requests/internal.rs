//! What services ask each other.

use serde_json::json;

use crate::access::{call::Call, check::Case, people::fresh_email, tokens::credentials};

/// The one internal operation that takes credentials in the body, and no token.
pub const CREDENTIALS: &str = "POST /internal/service-tokens";

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let (customer, company_id) = (world.scene.customer.id.as_str(), world.scene.company_id.as_str());
    Some(match case.row.operation {
        CREDENTIALS => Call::json(match case.service {
            Some(service) => credentials(&world.platform, service, callee_of(service)),
            None => json!({"service": "billing", "secret": "a guess", "audience": "booking"}),
        }),
        "POST /internal/identity-tokens" => Call::json(json!({"user_id": customer, "session_id": things.session_id})),
        "POST /internal/api-key-identity-tokens" => Call::json(json!({"api_key": things.api_key["api_key"]})),
        "POST /internal/invitations/{invitation_id}/mint" => {
            Call::at([&world.invitation(company_id, &fresh_email()).await])
        }
        "POST /internal/payout-receivers/{receiver_id}/mint" => Call::at([&world.payout_receiver_id().await]),
        "POST /internal/one-time-tokens/{token_id}/mint" => Call::at([&world.one_time_token_id().await]),
        "GET /internal/companies/{company_id}"
        | "GET /internal/companies/{company_id}/commission"
        | "GET /internal/companies/{company_id}/upcoming-bookings" => Call::at([company_id]),
        "GET /internal/users/{user_id}" | "GET /internal/users/{user_id}/personal-data" => Call::at([customer]),
        "GET /internal/bookings/{booking_id}" | "POST /internal/bookings/{booking_id}/links" => {
            Call::at([&things.held_booking_id])
        }
        "POST /internal/provider-events/about" => Call::json(json!({"subjects": [things.payment_id]})),
        "POST /internal/booking-links" => Call::json(json!({"token": world.booking_link().await})),
        _ => return None,
    })
}

/// A service that this one may call, if it may call any.
fn callee_of(service: &str) -> &'static str {
    if service == "auth" { "booking" } else { "auth" }
}
