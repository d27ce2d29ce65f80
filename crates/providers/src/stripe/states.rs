//! Stripe's objects as our states.

use jiff::Timestamp;
use kernel::{Currency, Money};
use stripe_shared::{
    Charge, CheckoutSession, CheckoutSessionPaymentStatus, CheckoutSessionStatus, PaymentIntent, PaymentIntentStatus,
    PaymentMethodDetails, Refund,
};
use stripe_types::Expandable;

use super::{amounts::from_stripe, errors};
use crate::{
    DisputeStatus, Failure, Held, MethodSummary, PaymentState, PaymentStatus, PayoutProgress, ProviderError,
    RefundState, RefundStatus, SessionState, SessionStatus,
};

pub fn session_state(session: &CheckoutSession) -> Result<SessionState, ProviderError> {
    let status = session_status(session)?;
    let intent = session.payment_intent.as_ref().and_then(Expandable::as_object);
    let payment = match intent {
        Some(intent) => payment_state(intent)?,
        None => untouched_payment(session)?,
    };
    Ok(SessionState { status, payment })
}

pub fn session_status(session: &CheckoutSession) -> Result<SessionStatus, ProviderError> {
    match &session.status {
        Some(CheckoutSessionStatus::Complete) => Ok(SessionStatus::Complete),
        Some(CheckoutSessionStatus::Expired) => Ok(SessionStatus::Expired),
        Some(CheckoutSessionStatus::Open) => Ok(SessionStatus::Open),
        other => Err(unreadable(&format!("session status {other:?}"))),
    }
}

/// Stripe makes the payment intent with the first attempt; before it there is nothing to tell.
fn untouched_payment(session: &CheckoutSession) -> Result<PaymentState, ProviderError> {
    let code = session.currency.as_ref().map(ToString::to_string).unwrap_or_default();
    let currency: Currency =
        code.to_ascii_uppercase().parse().map_err(|_| unreadable(&format!("currency `{code}`")))?;
    let unpaid = matches!(session.payment_status, CheckoutSessionPaymentStatus::Unpaid);
    if !unpaid {
        return Err(unreadable("a paid session without a payment"));
    }
    Ok(PaymentState {
        status: PaymentStatus::Unpaid,
        provider_payment_id: None,
        amount_received: currency.zero(),
        method: None,
        failure: None,
    })
}

pub fn payment_state(intent: &PaymentIntent) -> Result<PaymentState, ProviderError> {
    let failure = intent.last_payment_error.as_deref().map(errors::failure);
    let charge = intent.latest_charge.as_ref().and_then(Expandable::as_object);
    let status = match &intent.status {
        PaymentIntentStatus::RequiresCapture => PaymentStatus::Authorized(held(intent, charge)?),
        status => payment_status(status, failure.is_some())?,
    };
    let says_why = matches!(status, PaymentStatus::Unpaid | PaymentStatus::Processing | PaymentStatus::Failed);
    let failure = failure.filter(|_| says_why);
    Ok(PaymentState {
        status,
        provider_payment_id: Some(intent.id.to_string()),
        amount_received: money(intent.amount_received, &intent.currency)?,
        method: charge.and_then(method_of),
        failure,
    })
}

fn payment_status(status: &PaymentIntentStatus, has_failed: bool) -> Result<PaymentStatus, ProviderError> {
    match status {
        PaymentIntentStatus::Succeeded => Ok(PaymentStatus::Succeeded),
        PaymentIntentStatus::Processing => Ok(PaymentStatus::Processing),
        PaymentIntentStatus::Canceled => Ok(PaymentStatus::Canceled),
        PaymentIntentStatus::RequiresPaymentMethod if has_failed => Ok(PaymentStatus::Failed),
        PaymentIntentStatus::RequiresPaymentMethod
        | PaymentIntentStatus::RequiresAction
        | PaymentIntentStatus::RequiresConfirmation => Ok(PaymentStatus::Unpaid),
        other => Err(unreadable(&format!("payment status {other}"))),
    }
}

fn held(intent: &PaymentIntent, charge: Option<&Charge>) -> Result<Held, ProviderError> {
    let card = charge.and_then(|charge| charge.payment_method_details.as_ref()?.card.as_ref());
    let until = card.and_then(|card| Timestamp::from_second(card.capture_before?).ok());
    Ok(Held { amount: money(intent.amount_capturable, &intent.currency)?, until })
}

fn method_of(charge: &Charge) -> Option<MethodSummary> {
    let details: &PaymentMethodDetails = charge.payment_method_details.as_ref()?;
    let card = details.card.as_ref();
    let of_account = details.sepa_debit.as_ref().and_then(|debit| debit.last4.clone());
    Some(MethodSummary {
        kind: details.type_.clone(),
        brand: card.and_then(|card| card.brand.clone()),
        last4: card.and_then(|card| card.last4.clone()).or(of_account),
        exp_month: card.and_then(|card| u8::try_from(card.exp_month).ok()),
        exp_year: card.and_then(|card| u16::try_from(card.exp_year).ok()),
    })
}

pub fn refund_state(refund: &Refund) -> Result<RefundState, ProviderError> {
    let status = refund_status(refund.status.as_deref());
    let failure = (status == RefundStatus::Failed).then(|| refund_failure(refund.failure_reason.as_deref()));
    Ok(RefundState {
        provider_refund_id: refund.id.to_string(),
        amount: money(refund.amount, &refund.currency)?,
        status,
        failure,
    })
}

/// <https://docs.stripe.com/refunds#refund-status>. A status we do not know is one we have to ask about again.
pub fn refund_status(status: Option<&str>) -> RefundStatus {
    match status {
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed" | "canceled") => RefundStatus::Failed,
        _ => RefundStatus::Pending,
    }
}

pub fn refund_failure(reason: Option<&str>) -> Failure {
    let code = reason.unwrap_or("unknown").to_owned();
    Failure { code, message: "The refund did not reach the customer.".to_owned() }
}

/// <https://docs.stripe.com/api/disputes/object#dispute_object-status>. An inquiry (`warning_…`) that was closed took
/// nothing.
pub fn dispute_status(status: &str) -> Option<DisputeStatus> {
    match status {
        "needs_response" | "warning_needs_response" => Some(DisputeStatus::NeedsResponse),
        "under_review" | "warning_under_review" => Some(DisputeStatus::UnderReview),
        "won" | "warning_closed" | "prevented" => Some(DisputeStatus::Won),
        "lost" => Some(DisputeStatus::Lost),
        _ => None,
    }
}

/// <https://docs.stripe.com/api/payouts/object#payout_object-status>. A status we do not know is one we have to ask about
/// again.
pub fn payout_progress(status: &str) -> PayoutProgress {
    match status {
        "paid" => PayoutProgress::Paid,
        "failed" | "canceled" => PayoutProgress::Failed,
        _ => PayoutProgress::Pending,
    }
}

pub fn payout_failure(code: Option<&str>, message: Option<&str>) -> Failure {
    Failure {
        code: code.unwrap_or("unknown").to_owned(),
        message: message.unwrap_or("The payout did not reach the bank.").to_owned(),
    }
}

pub fn money(amount: i64, currency: &stripe_types::Currency) -> Result<Money, ProviderError> {
    let code = currency.to_string();
    from_stripe(amount, &code).ok_or_else(|| unreadable(&format!("amount {amount} {code}")))
}

pub fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("unexpected answer: {what}"))
}
