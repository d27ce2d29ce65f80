//! What the gateway itself answers, and adds to every answer, by the route table: services do not know of it.

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};
use service_kit::{Environment, openapi::problem_name};

use crate::routes::table::{self, Authentication, Rule};

/// What every answer carries; `RateLimit` where requests are counted.
const REQUEST_ID: &str = "X-Request-Id";
const RATE_LIMITS: [&str; 2] = ["RateLimit", "RateLimit-Policy"];

/// Completes every operation that leads to a service, and the problems that services share.
pub fn complete(document: &mut Value) {
    for (path, item) in entries(document, "/paths") {
        let rule = table::find(path, Environment::Production);
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            if let Some(rule) = rule {
                add_problems(operation, rule, &method);
            }
            let is_limited = rule.is_some_and(|rule| is_limited(rule, &method));
            for (_, response) in entries(operation, "/responses") {
                add_headers(response, is_limited);
            }
        }
    }
    for (_, problem) in entries(document, "/components/responses") {
        add_headers(problem, true);
    }
    document["components"]["headers"] = headers();
}

fn entries<'d>(value: &'d mut Value, pointer: &str) -> impl Iterator<Item = (&'d String, &'d mut Value)> {
    value.pointer_mut(pointer).and_then(Value::as_object_mut).into_iter().flatten()
}

fn add_problems(operation: &mut Value, rule: &Rule, method: &Method) {
    let has_body = operation.get("requestBody").is_some();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for status in problems(rule, method, has_body) {
        let reference = format!("#/components/responses/{}", problem_name(status));
        responses.entry(status.as_str()).or_insert(json!({"$ref": reference}));
    }
}

/// The gateway's own refusals on a route.
fn problems(rule: &Rule, method: &Method, has_body: bool) -> Vec<StatusCode> {
    let mut statuses = vec![StatusCode::BAD_REQUEST, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    if has_body {
        statuses.extend([StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE]);
    }
    if rule.authentication == Authentication::Optional {
        // A credential that is not valid is refused also where none is needed.
        statuses.push(StatusCode::UNAUTHORIZED);
    }
    if is_limited(rule, method) {
        statuses.push(StatusCode::TOO_MANY_REQUESTS);
    }
    statuses
}

fn is_limited(rule: &Rule, method: &Method) -> bool {
    rule.class.terms().rate.of(method).is_some()
}

/// References have theirs where they point to.
fn add_headers(response: &mut Value, is_limited: bool) {
    let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) else { return };
    let names = [REQUEST_ID].into_iter().chain(RATE_LIMITS.into_iter().filter(|_| is_limited));
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    for name in names {
        headers[name] = json!({"$ref": format!("#/components/headers/{name}")});
    }
}

fn headers() -> Value {
    json!({
        "X-Request-Id": {
            "description": "Names this request in our logs: the client's own, if it sent a short and plain one.",
            "required": true,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
        },
        "RateLimit": {
            "description": "How many requests are left, and in how many seconds all of them are there again: `\"reads\";r=599;t=1`",
            "schema": {"type": "string"},
        },
        "RateLimit-Policy": {
            "description": "How many requests of the kind are granted in how many seconds: `\"reads\";q=600;w=60`",
            "schema": {"type": "string"},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(path: &str, method: &str) -> Value {
        let mut document = json!({
            "paths": {path: {method: {"requestBody": {}, "responses": {"200": {"description": "OK"}}}}},
            "components": {"responses": {"Gone": {"description": "Gone"}}},
        });
        complete(&mut document);
        document
    }

    fn statuses(path: &str, method: &str) -> Vec<String> {
        completed(path, method)["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_route_table_says_what_the_gateway_refuses() {
        let all = ["200", "400", "401", "408", "413", "429", "503", "504"];
        assert_eq!(statuses("/api/bookings", "post"), all);
        let without_identity: Vec<_> = all.into_iter().filter(|status| *status != "401").collect();
        assert_eq!(statuses("/api/auth/login", "post"), without_identity);
        assert_eq!(statuses("/webhooks/{provider}", "post"), ["200", "400", "408", "413", "503", "504"]);
        assert_eq!(statuses("/api/openapi.json", "get"), ["200"]);
    }

    #[test]
    fn every_answer_names_its_headers_once() {
        let document = completed("/api/bookings", "post");
        let responses = &document["paths"]["/api/bookings"]["post"]["responses"];
        for response in [&responses["200"], &document["components"]["responses"]["Gone"]] {
            assert_eq!(response["headers"].as_object().unwrap().len(), 3, "{response}");
        }
        assert_eq!(responses["429"], json!({"$ref": "#/components/responses/TooManyRequests"}));
        let own = completed("/api/health", "get");
        assert!(own["paths"]["/api/health"]["get"]["responses"]["200"]["headers"]["RateLimit"].is_null());
    }
}
