//! Messaging has no routes of its own yet: it is spoken to by events.

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(_: &mut ServiceConfig) {}
