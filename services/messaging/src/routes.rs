//! The whole route table. To clients messaging speaks by mail; other services may ask.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::mails;

pub fn routes(config: &mut ServiceConfig) {
    config.service(mails::http::export_mails_of);
}
