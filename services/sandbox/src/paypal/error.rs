//! PayPal's errors: <https://developer.paypal.com/api/rest/responses/#link-failedrequests>.

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Value, json};

use crate::payments::{PaymentError, paypal_id};

#[derive(Debug, thiserror::Error)]
#[error("{status} {name} {issue:?}")]
pub struct PaypalError {
    status: StatusCode,
    name: &'static str,
    message: &'static str,
    issue: Option<&'static str>,
    description: String,
}

impl PaypalError {
    fn new(status: StatusCode, name: &'static str, message: &'static str) -> Self {
        Self { status, name, message, issue: None, description: String::new() }
    }

    pub fn bad_request(description: String) -> Self {
        let message = "Request is not well-formed, syntactically incorrect, or violates schema.";
        let error = Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message);
        Self { issue: Some("MALFORMED_REQUEST_JSON"), description, ..error }
    }

    pub fn unauthorized() -> Self {
        let message =
            "Authentication failed due to invalid authentication credentials or a missing Authorization header.";
        Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION_FAILURE", message)
    }

    pub fn not_found() -> Self {
        let error = Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND", "The specified resource does not exist.");
        Self {
            issue: Some("INVALID_RESOURCE_ID"),
            description: "Specified resource ID does not exist.".into(),
            ..error
        }
    }

    /// Understood, and against a rule: PayPal names the rule.
    pub fn unprocessable(issue: &'static str) -> Self {
        let message =
            "The requested action could not be performed, semantically incorrect, or failed business validation.";
        let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE_ENTITY", message);
        Self { issue: Some(issue), description: issue.to_lowercase().replace('_', " "), ..error }
    }

    pub fn conflict() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "RESOURCE_CONFLICT",
            "A request with the same PayPal-Request-Id is in progress.",
        )
    }

    pub fn body(&self) -> Value {
        let details = self.issue.map(|issue| json!({"issue": issue, "description": self.description}));
        json!({
            "name": self.name,
            "message": self.message,
            "debug_id": paypal_id().to_ascii_lowercase(),
            "details": details.into_iter().collect::<Vec<_>>(),
            "links": [],
        })
    }
}

impl ResponseError for PaypalError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(self.body())
    }
}

impl From<store::Error> for PaypalError {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the sandbox cannot answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "An internal server error occurred.")
    }
}

impl From<PaymentError> for PaypalError {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::Store(error) => error.into(),
            PaymentError::NotFound { .. } | PaymentError::SessionExpired => Self::not_found(),
            PaymentError::NotApproved => Self::unprocessable("ORDER_NOT_APPROVED"),
            PaymentError::AlreadyCaptured | PaymentError::SessionComplete => {
                Self::unprocessable("ORDER_ALREADY_CAPTURED")
            }
            PaymentError::AlreadyRefunded { .. } => Self::unprocessable("CAPTURE_FULLY_REFUNDED"),
            PaymentError::RefundTooLarge { .. } => Self::unprocessable("REFUND_AMOUNT_EXCEEDED"),
            PaymentError::NotPaid | PaymentError::NothingToAuthenticate | PaymentError::AlreadyDecided => {
                Self::unprocessable("REFUND_NOT_ALLOWED")
            }
        }
    }
}
