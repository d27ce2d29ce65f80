//! OpenAPI from the code.

use actix_web::App;
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

/// The document of one service's routes.
pub fn document(service: &str, routes: fn(&mut ServiceConfig)) -> OpenApi {
    let (_, paths) = App::new().into_utoipa_app().configure(routes).split_for_parts();
    let info = InfoBuilder::new().title(format!("Roomtone {service}")).version(env!("CARGO_PKG_VERSION")).build();
    let mut document = OpenApiBuilder::new().info(info).paths(paths.paths).components(paths.components).build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document
}
