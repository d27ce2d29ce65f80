//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::received::{http, internal};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(http::receive_provider_event)
        .service(http::receive_stripe_event)
        .service(http::list_webhook_events)
        .service(http::get_webhook_event)
        .service(http::replay_webhook_event)
        .service(internal::list_provider_events_about);
}
