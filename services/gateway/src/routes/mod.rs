//! Everything the gateway answers: its own few pages here, all else by [`table`], within the limits of [`classes`].

pub mod classes;
mod pattern;
pub mod table;

pub use pattern::is_plain;

use actix_web::{middleware::from_fn, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{edge, openapi, platform_health, proxy};

pub fn routes(config: &mut ServiceConfig) {
    config
        // One pool of connections for each worker: no locks and no wake-ups across threads.
        .app_data(web::Data::new(proxy::Upstreams::new()))
        .service(platform_health::read_platform_health)
        .service(openapi::read_openapi)
        .map(|config| {
            let pages = web::scope("/docs").wrap(from_fn(edge::around)).service(openapi::reference_page());
            config.service(openapi::to_reference_page()).service(pages)
        })
        .default_service(web::route().to(proxy::pass_on));
}
