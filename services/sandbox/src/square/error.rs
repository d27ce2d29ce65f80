//! Square's errors: <https://developer.squareup.com/reference/square/objects/Error>.

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Value, json};

use crate::payments::PaymentError;

#[derive(Debug, thiserror::Error)]
#[error("{status} {code}: {detail}")]
pub struct SquareError {
    status: StatusCode,
    category: &'static str,
    code: &'static str,
    detail: String,
    field: Option<&'static str>,
}

impl SquareError {
    fn new(status: StatusCode, category: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, category, code, detail: detail.into(), field: None }
    }

    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST_ERROR", code, detail)
    }

    pub fn unauthorized() -> Self {
        let detail = "This request could not be authorized.";
        Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION_ERROR", "UNAUTHORIZED", detail)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "INVALID_REQUEST_ERROR", "NOT_FOUND", format!("{what} was not found."))
    }

    pub fn key_reused() -> Self {
        Self::invalid("IDEMPOTENCY_KEY_REUSED", "Different request parameters used for the same idempotency_key.")
            .field("idempotency_key")
    }

    pub fn conflict() -> Self {
        let detail = "A request with the same idempotency_key is being processed.";
        Self::new(StatusCode::CONFLICT, "INVALID_REQUEST_ERROR", "CONFLICT", detail)
    }

    fn refund(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "REFUND_ERROR", code, detail)
    }

    pub fn field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn body(&self) -> Value {
        let mut error = json!({"category": self.category, "code": self.code, "detail": self.detail});
        if let (Some(field), Some(error)) = (self.field, error.as_object_mut()) {
            error.insert("field".to_owned(), json!(field));
        }
        json!({"errors": [error]})
    }
}

impl ResponseError for SquareError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(self.body())
    }
}

impl From<store::Error> for SquareError {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the sandbox cannot answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error.")
    }
}

impl From<PaymentError> for SquareError {
    fn from(error: PaymentError) -> Self {
        let detail = error.to_string();
        match error {
            PaymentError::Store(error) => error.into(),
            PaymentError::NotFound { kind, .. } => Self::not_found(kind),
            PaymentError::AlreadyRefunded { .. } | PaymentError::RefundTooLarge { .. } => {
                Self::refund("REFUND_AMOUNT_INVALID", detail).field("amount_money")
            }
            PaymentError::NotPaid => Self::refund("PAYMENT_NOT_REFUNDABLE", detail),
            _ => Self::invalid("BAD_REQUEST", detail),
        }
    }
}
