use actix_web::{HttpResponse, get, post};
use problem::ProblemBody;
use serde_json::{Value, json};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::openapi::document;

#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its schema matters")]
struct Body {
    name: String,
}

#[utoipa::path(responses((status = 200)))]
#[get("/open")]
async fn open() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[utoipa::path(security((), ("bearer" = [])), responses((status = 200)))]
#[get("/either")]
async fn either() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[utoipa::path(
    security(("bearer" = [])),
    params(("id" = String, Path), ("limit" = i64, Query)),
    responses((status = 200, body = Body), (status = 404, body = ProblemBody, description = "Its own words."))
)]
#[get("/things/{id}")]
async fn read() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[utoipa::path(
    params(("Idempotency-Key" = String, Header)),
    request_body = Body,
    responses((status = 201, body = Body, description = "Made"), (status = 410, body = ProblemBody))
)]
#[post("/things")]
async fn write() -> HttpResponse {
    HttpResponse::Ok().finish()
}

fn routes(config: &mut ServiceConfig) {
    config.service(open).service(either).service(read).service(write);
}

fn made() -> Value {
    serde_json::to_value(document("test", routes)).unwrap()
}

fn statuses(path: &str, method: &str) -> Vec<String> {
    made()["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn what_shared_machinery_answers_follows_from_what_an_operation_has() {
    assert_eq!(statuses("/open", "get"), ["200", "503"]);
    assert_eq!(statuses("/either", "get"), ["200", "503"]);
    assert_eq!(statuses("/things/{id}", "get"), ["200", "401", "403", "404", "422", "503"]);
    assert_eq!(statuses("/things", "post"), ["201", "400", "409", "410", "413", "415", "422", "503"]);
}

#[test]
fn problems_have_their_media_type_and_a_handlers_own_words_stay() {
    let document = made();
    let body = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let got = &document["paths"]["/things/{id}"]["get"]["responses"];
    assert_eq!(got["404"], json!({"description": "Its own words.", "content": body}));
    assert_eq!(got["401"], json!({"$ref": "#/components/responses/Unauthorized"}));
    let posted = &document["paths"]["/things"]["post"]["responses"];
    assert_eq!(posted["410"], json!({"$ref": "#/components/responses/Gone"}));
    assert_eq!(posted["201"]["description"], "Made");
    assert_eq!(got["200"]["description"], "OK");
    let shared = document["components"]["responses"].as_object().unwrap();
    assert!(shared.values().all(|response| response["content"] == body), "{shared:?}");
    assert!(document["components"]["schemas"]["FieldError"].is_object());
}

#[test]
fn only_problems_that_are_answered_are_components() {
    fn one(config: &mut ServiceConfig) {
        config.service(open);
    }
    let document = serde_json::to_value(document("test", one)).unwrap();
    let shared = document["components"]["responses"].as_object().unwrap();
    assert_eq!(shared.keys().collect::<Vec<_>>(), ["ServiceUnavailable"]);
}

#[test]
fn an_idempotency_key_is_documented_as_it_is_read() {
    let parameter = &made()["paths"]["/things"]["post"]["parameters"][0];
    let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"});
    assert_eq!(parameter["schema"], schema);
}
