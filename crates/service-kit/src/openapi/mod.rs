//! OpenAPI from the code. A handler documents what is its own; what the shared machinery answers is added by rule.

mod answers;
mod parameters;

use actix_web::App;
use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder, PathItem,
    path::Operation,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

pub use answers::{problem_name, shared_problems};

/// The document of one service's routes.
pub fn document(service: &str, routes: fn(&mut ServiceConfig)) -> OpenApi {
    let (_, paths) = App::new().into_utoipa_app().configure(routes).split_for_parts();
    let info = InfoBuilder::new().title(format!("Roomtone {service}")).version(env!("CARGO_PKG_VERSION")).build();
    let mut document = OpenApiBuilder::new().info(info).paths(paths.paths).components(paths.components).build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(bearer));
    parameters::complete(&mut document);
    answers::complete(&mut document, service);
    document
}

/// Every operation of a document.
fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        let PathItem { get, put, post, delete, options, head, patch, .. } = item;
        [get, put, post, delete, options, head, patch].into_iter().flatten()
    })
}
