//! Stripe's errors (<https://docs.stripe.com/api/errors>).

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Value, json};

use crate::{
    connect::ConnectError,
    payments::{PaymentError, cards::Decline},
};

#[derive(Debug, thiserror::Error)]
#[error("{status} {kind}: {message}")]
pub struct StripeError {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
    decline_code: Option<&'static str>,
    /// What the refusal is about, as it is now.
    payment_intent: Option<Box<Value>>,
}

impl StripeError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code: None,
            message: message.into(),
            param: None,
            decline_code: None,
            payment_intent: None,
        }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    /// 402: the card's bank will not.
    pub fn declined(decline: Decline, payment_intent: Value) -> Self {
        let declined = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", decline.message).code(decline.code);
        Self { decline_code: decline.decline_code, payment_intent: Some(Box::new(payment_intent)), ..declined }
    }

    /// 404 `resource_missing`, in Stripe's words for the kind of object.
    pub fn missing(kind: &str, id: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).code("resource_missing").param("id")
    }

    pub fn unknown_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    /// The key belongs to a request with other parameters.
    pub fn key_reused(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. \
             Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    /// Another request with the same key is under way.
    pub fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key '{key}'. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, "idempotency_error", message).code("idempotency_key_in_use")
    }

    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn body(&self) -> Value {
        let mut body = json!({"error": {
            "code": self.code,
            "doc_url": self.code.map(|code| format!("https://docs.stripe.com/error-codes/{}", code.replace('_', "-"))),
            "message": self.message,
            "param": self.param,
            "type": self.kind,
        }});
        if let (Some(intent), Some(error)) = (&self.payment_intent, body["error"].as_object_mut()) {
            error.insert("decline_code".to_owned(), self.decline_code.into());
            error.insert("payment_intent".to_owned(), (**intent).clone());
        }
        body
    }
}

impl ResponseError for StripeError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(self.body())
    }
}

impl From<store::Error> for StripeError {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "the sandbox cannot answer");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", "An unknown error occurred.")
    }
}

impl From<PaymentError> for StripeError {
    fn from(error: PaymentError) -> Self {
        let message = error.to_string();
        match error {
            PaymentError::Store(error) => error.into(),
            PaymentError::NotFound { kind, id } => Self::missing(kind, &id),
            PaymentError::SessionComplete | PaymentError::SessionExpired => {
                Self::invalid("Only Checkout Sessions with a status in [\"open\"] can be expired.")
            }
            PaymentError::NotPaid => Self::invalid("This PaymentIntent does not have a successful charge to refund."),
            PaymentError::AlreadyRefunded { charge } => {
                Self::invalid(format!("Charge {charge} has already been refunded.")).code("charge_already_refunded")
            }
            PaymentError::RefundTooLarge { .. } => Self::invalid(message).param("amount"),
            PaymentError::CaptureTooLarge { .. } => {
                Self::invalid(message).code("amount_too_large").param("amount_to_capture")
            }
            PaymentError::UnexpectedState => Self::invalid(message).code("payment_intent_unexpected_state"),
            PaymentError::MethodNotAllowed => Self::invalid(
                "The PaymentMethod provided (sepa_debit) is not allowed for this PaymentIntent. Please attach a PaymentMethod \
                 of one of the following types: card.",
            )
            .code("payment_intent_incompatible_payment_method")
            .param("payment_method_data[type]"),
            PaymentError::NotAttached => Self::invalid("The payment method is not attached to that customer."),
            PaymentError::NothingToAuthenticate
            | PaymentError::NotApproved
            | PaymentError::AlreadyCaptured
            | PaymentError::NotSettled
            | PaymentError::AlreadyDecided => Self::invalid(message),
        }
    }
}

impl From<ConnectError> for StripeError {
    fn from(error: ConnectError) -> Self {
        let message = error.to_string();
        match error {
            ConnectError::Store(error) => error.into(),
            ConnectError::NotFound { kind, id } => Self::missing(kind, &id),
            ConnectError::BalanceTooSmall => Self::invalid(message).code("balance_insufficient"),
            ConnectError::CannotReceive => {
                Self::invalid(message).code("insufficient_capabilities_for_transfer").param("destination")
            }
            ConnectError::PayoutsOff => Self::invalid(message).code("payouts_not_allowed"),
            ConnectError::OtherCurrency { .. } => Self::invalid(message).param("currency"),
            ConnectError::AlreadyReversed(_) | ConnectError::LinkUsed | ConnectError::AlreadySettled => {
                Self::invalid(message)
            }
        }
    }
}
