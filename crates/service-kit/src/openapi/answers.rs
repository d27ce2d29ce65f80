//! What the shared machinery (extractors, idempotency, deadlines) answers to an operation, by what the operation has: a
//! body, a security requirement, parameters. Handlers document what is their own.
//!
//! Problems with the same meaning everywhere are components of the document (RFC 9457 media type included); one to
//! which a handler gives a description of its own stays with the handler.

use std::collections::BTreeMap;

use problem::{ProblemBody, StatusCode};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
        header::Header,
        path::{Operation, ParameterIn},
        schema::Type,
        security::SecurityRequirement,
    },
};

use super::operations;

/// What a status means wherever it is answered.
const MEANINGS: [(StatusCode, &str); 13] = [
    (StatusCode::BAD_REQUEST, "The request cannot be read, or lacks a header that it needs."),
    (StatusCode::UNAUTHORIZED, "No identity, or one that is not valid (any more)."),
    (StatusCode::FORBIDDEN, "A rule forbids it to this caller: a role is too small, or an API key lacks the scope."),
    (StatusCode::NOT_FOUND, "It is not there, or not the caller's."),
    (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time."),
    (StatusCode::CONFLICT, "It conflicts with the state of things."),
    (StatusCode::GONE, "It was there and is no more."),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has a content type that is not read here."),
    (StatusCode::UNPROCESSABLE_ENTITY, "Well-formed but invalid; `errors` names the places."),
    (StatusCode::TOO_MANY_REQUESTS, "Too many requests of this kind; `Retry-After` says when to try again."),
    (StatusCode::SERVICE_UNAVAILABLE, "A part of the platform is out of reach; the same request may be sent again."),
    (StatusCode::GATEWAY_TIMEOUT, "There was no answer in time. What was asked for may have been done."),
];

const PROBLEM_JSON: &str = "application/problem+json";

pub(super) fn complete(document: &mut OpenApi, service: &str) {
    // The gateway's own pages depend on nobody; behind everything else are a database and a deadline.
    let always = (service != "gateway").then_some(StatusCode::SERVICE_UNAVAILABLE);
    for operation in operations(document) {
        for status in shared(operation).into_iter().chain(always) {
            operation.responses.responses.entry(status.as_str().to_owned()).or_insert_with(|| reference(status).into());
        }
        for (status, response) in &mut operation.responses.responses {
            settle(status, response);
        }
    }
    let used: Vec<Ref> = operations(document).flat_map(|operation| references(operation)).collect();
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let mut nested = Vec::new();
    ProblemBody::schemas(&mut nested);
    components.schemas.extend(nested);
    let problems = shared_problems().into_iter().filter(|(name, _)| used.contains(&Ref::from_response_name(name)));
    components.responses.extend(problems.map(|(name, problem)| (name, RefOr::T(problem))));
}

/// The problems of the shared machinery by their names under `components/responses`.
pub fn shared_problems() -> BTreeMap<String, Response> {
    MEANINGS.into_iter().map(|(status, meaning)| (problem_name(status), problem(status, meaning))).collect()
}

/// What every operation of its kind may answer, whatever its handler does.
fn shared(operation: &Operation) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    if operation.request_body.is_some() {
        statuses.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    if needs_identity(operation) {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if has_parameter(operation, |_, place| *place == ParameterIn::Path) {
        // What cannot be an id names nothing.
        statuses.push(StatusCode::NOT_FOUND);
    }
    if has_parameter(operation, |_, place| *place == ParameterIn::Query) {
        statuses.push(StatusCode::UNPROCESSABLE_ENTITY);
    }
    if has_parameter(operation, |name, _| name.eq_ignore_ascii_case("idempotency-key")) {
        statuses.extend([StatusCode::BAD_REQUEST, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
    }
    statuses
}

fn needs_identity(operation: &Operation) -> bool {
    let requirements = operation.security.as_deref().unwrap_or_default();
    !requirements.is_empty() && requirements.iter().all(|requirement| *requirement != SecurityRequirement::default())
}

fn has_parameter(operation: &Operation, wanted: impl Fn(&str, &ParameterIn) -> bool) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(it) if wanted(&it.name, &it.parameter_in)))
}

/// Gives a problem its media type and headers, or the shared meaning where its handler says no more than the status.
fn settle(status: &str, response: &mut RefOr<Response>) {
    let RefOr::T(own) = response else { return };
    let Ok(code) = StatusCode::from_bytes(status.as_bytes()) else { return };
    if is_problem(own) {
        let described = MEANINGS.iter().any(|(known, _)| *known == code);
        *response = if own.description.is_empty() && described {
            reference(code).into()
        } else {
            problem(code, &own.description).into()
        };
    } else if own.description.is_empty() {
        code.canonical_reason().unwrap_or_default().clone_into(&mut own.description);
    }
}

fn is_problem(response: &Response) -> bool {
    let body = Ref::from_schema_name(ProblemBody::name());
    response.content.values().any(|content| match content {
        RefOr::T(content) => content.schema.as_ref() == Some(&RefOr::Ref(body.clone())),
        RefOr::Ref(_) => false,
    })
}

fn problem(status: StatusCode, description: &str) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, body);
    match status {
        StatusCode::UNAUTHORIZED => response.header("WWW-Authenticate", text("The scheme to use (RFC 6750).")),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response.header("Retry-After", seconds("Seconds to wait before the next try."))
        }
        _ => response,
    }
    .build()
}

fn text(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn seconds(description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// What the problem of a status is called under `components/responses`: `UnprocessableEntity`.
pub fn problem_name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().replace(' ', "")
}

fn reference(status: StatusCode) -> Ref {
    Ref::from_response_name(problem_name(status))
}

fn references(operation: &Operation) -> impl Iterator<Item = Ref> {
    operation.responses.responses.values().filter_map(|response| match response {
        RefOr::Ref(reference) => Some(reference.clone()),
        RefOr::T(_) => None,
    })
}

#[cfg(test)]
mod tests;
