//! What can be wrong with a payment at the provider.

#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error("no such {kind}: {id}")]
    NotFound { kind: &'static str, id: String },
    #[error("the session has been paid")]
    SessionComplete,
    #[error("the session has expired")]
    SessionExpired,
    #[error("no payment waits for its 3-D Secure step")]
    NothingToAuthenticate,
    #[error("the customer has not approved the order")]
    NotApproved,
    #[error("the order has been captured")]
    AlreadyCaptured,
    #[error("the dispute has been decided")]
    AlreadyDecided,
    #[error("the payment method is attached to no such customer")]
    NotAttached,
    #[error("the payment intent's status allows no such step")]
    UnexpectedState,
    #[error("the payment method's type is not allowed for this payment")]
    MethodNotAllowed,
    #[error("amount to capture ({amount}) is greater than the amount that is held ({held})")]
    CaptureTooLarge { amount: i64, held: i64 },
    #[error("the payment has not succeeded")]
    NotPaid,
    #[error("charge {charge} has been refunded in full")]
    AlreadyRefunded { charge: String },
    #[error("refund amount ({amount}) is greater than unrefunded amount on charge ({left})")]
    RefundTooLarge { amount: i64, left: i64 },
    #[error("the charge has not settled with another account, or not by as much")]
    NotSettled,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl PaymentError {
    pub fn not_found(kind: &'static str, id: &str) -> Self {
        Self::NotFound { kind, id: id.to_owned() }
    }
}
