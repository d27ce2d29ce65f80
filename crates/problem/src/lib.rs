//! Errors as clients see them: `application/problem+json` (RFC 9457) with a stable `code`.
//!
//! What a client may know stands in the problem; what only we may know is its cause, logged once, here.

use std::fmt;

pub use actix_web::http::StatusCode;
use actix_web::{
    HttpResponse, ResponseError,
    http::{Method, header},
};
use serde::Serialize;

/// One invalid place of a request body: a JSON pointer (RFC 6901) and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    pub pointer: String,
    pub detail: String,
}

/// An answer that says why a request was refused, and that nothing was changed by it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after_secs: Option<u64>,
    /// For `Allow`.
    allowed: Option<String>,
    cause: Option<anyhow::Error>,
}

/// The body of a [`Problem`] (RFC 9457 section 3).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:roomtone:problem:` and the code.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// A stable name to program against.
    #[schema(example = "slot_taken")]
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_secs: None,
            allowed: None,
            cause: None,
        }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: no identity, or one that is not valid (any more).
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// 403: a rule forbids it to this caller.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: not there, or not the caller's; the two are not told apart.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such resource.")
    }

    /// 405: it is there, and takes other methods: these, named in `Allow` (RFC 9110 section 15.5.6).
    pub fn method_not_allowed(allowed: &[Method]) -> Self {
        let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let detail = format!("This resource takes other methods: {names}.");
        let mut problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        problem.allowed = Some(names);
        problem
    }

    /// 409: the request conflicts with the state of things.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 410: it was there and is no more.
    pub fn gone(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, code, detail)
    }

    /// 422: well-formed but invalid.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 422 `validation_failed`, one entry for each invalid place.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::invalid("validation_failed", "The request has invalid values.");
        problem.errors = errors;
        problem
    }

    /// 503: a part of the platform is out of reach; the same request may be sent again.
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The service cannot answer at the moment. Please try again.",
        );
        problem.cause = Some(cause.into());
        problem.retry_after(1)
    }

    /// 500: our fault. The cause is logged with the trace id and never shown.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "Something went wrong on our side. The trace id helps us find it.",
        );
        problem.cause = Some(cause.into());
        problem
    }

    /// Names the invalid place as a JSON pointer (`/starts_at`).
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    pub fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn body(&self) -> ProblemBody {
        ProblemBody {
            r#type: format!("urn:roomtone:problem:{}", self.code),
            title: title(self.code),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            trace_id: telemetry::current_trace_id(),
            errors: self.errors.clone(),
        }
    }
}

/// `slot_taken` reads as "Slot taken".
fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as _)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code, error = format!("{cause:#}"), "request failed");
        }
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/problem+json");
        if let Some(secs) = self.retry_after_secs {
            response.insert_header((header::RETRY_AFTER, secs));
        }
        if let Some(allowed) = &self.allowed {
            response.insert_header((header::ALLOW, allowed.as_str()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.json(self.body())
    }
}

/// An unreachable database is 503, a value that it cannot hold is 422, everything else that it says unexpectedly is 500.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        if error.is_unavailable() {
            Self::unavailable(error)
        } else if error.is_out_of_range() {
            Self::invalid("out_of_range", "An instant or a number is beyond any that can be meant.")
        } else {
            Self::internal(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    #[test]
    fn the_cause_of_an_internal_error_never_reaches_the_client() {
        let problem = Problem::internal(anyhow::anyhow!("password=hunter2"));
        let body = problem.error_response().into_body().try_into_bytes().ok().unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.contains("hunter2") && text.contains("internal_error"), "{text}");
    }

    #[test]
    fn invalid_places_are_named_by_pointer() {
        let body = Problem::invalid("off_step", "Not on a step.").at("/starts_at", "Not on a step.").body();
        let json = serde_json::to_value(body).unwrap();
        assert_eq!(json["title"], "Off step");
        assert_eq!(json["errors"][0]["pointer"], "/starts_at");
    }
}
