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
    /// In the words of the older APIs.
    detail: Option<Box<Value>>,
}

impl PaypalError {
    fn new(status: StatusCode, name: &'static str, message: &'static str) -> Self {
        Self { status, name, message, issue: None, description: String::new(), detail: None }
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

    /// A field that is not as it should be, as the Payouts API says it.
    pub fn invalid(field: &'static str, issue: &'static str) -> Self {
        let detail = json!({"field": field, "location": "body", "issue": issue});
        let error = Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Invalid request - see details");
        Self { detail: Some(Box::new(detail)), ..error }
    }

    /// A batch is there under the same `sender_batch_id`: PayPal names its address.
    pub fn made_before(address: &str) -> Self {
        let detail = json!({
            "field": "SENDER_BATCH_ID",
            "location": "body",
            "issue": "Batch with given sender_batch_id already exists",
            "link": [{"href": address, "rel": "self", "method": "GET"}],
        });
        let error = Self::new(StatusCode::BAD_REQUEST, "USER_BUSINESS_ERROR", "User business error.");
        Self { detail: Some(Box::new(detail)), ..error }
    }

    pub fn insufficient_funds() -> Self {
        let message = "Sender does not have sufficient funds. Please add funds and retry.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "INSUFFICIENT_FUNDS", message)
    }

    /// Understood, and not possible as things stand.
    pub fn refused(name: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, message)
    }

    pub fn body(&self) -> Value {
        let by_issue = || self.issue.map(|issue| json!({"issue": issue, "description": self.description}));
        let details = self.detail.as_deref().cloned().or_else(by_issue);
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
            // The last three are of steps that only Stripe has.
            PaymentError::NotPaid
            | PaymentError::NothingToAuthenticate
            | PaymentError::AlreadyDecided
            | PaymentError::NotAttached
            | PaymentError::MethodNotAllowed
            | PaymentError::CaptureTooLarge { .. }
            | PaymentError::NotSettled
            | PaymentError::UnexpectedState => Self::unprocessable("REFUND_NOT_ALLOWED"),
        }
    }
}
