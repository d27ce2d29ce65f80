//! Asking for refunds, and recording what the provider made of them.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, RefundId};
use problem::Problem;
use providers::{Failure, RefundState, RefundStatus as ProviderStatus, RefundUpdated};
use serde::Serialize;
use service_kit::{Caller, Idempotent, StoredAnswer, Whence};
use store::Conn;

use super::{
    Refund, RefundCause, RefundError, RefundStatus, events,
    model::{NewRefund, Outcome},
    store as refunds,
};
use crate::{
    App,
    actions::{self, Action, Doer},
    payments::{self, Payment, commands::payable_of},
};

/// Proof that a caller may send money of a company back: its managers and owners, and platform administrators.
#[derive(Debug, Clone)]
pub struct RefundAuthority {
    company_id: CompanyId,
    doer: Doer,
}

impl RefundAuthority {
    /// For a caller who may see the payment: its customer is told that only the company refunds.
    pub fn prove(caller: &Caller, company_id: CompanyId, whence: Whence) -> Result<Self, Problem> {
        let authority = Self { company_id, doer: Doer { person: caller.user_id(), whence } };
        if caller.is_platform_admin() {
            return Ok(authority);
        }
        match caller.role_in(company_id) {
            Some(_) => caller.manager_of(company_id).map(|_| authority),
            None => {
                Err(Problem::forbidden("refund_not_allowed", "Only the company can refund a payment. Cancel instead."))
            }
        }
    }
}

/// What is to go back: everything that is left where no amount is named.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    pub payment_id: PaymentId,
    pub amount: Option<i64>,
    pub note: Option<String>,
}

/// Records the intent; a job sends the money.
pub async fn request_refund<R: Serialize + Send + Sync>(
    app: &App,
    authority: RefundAuthority,
    idempotent: &Idempotent,
    order: &RefundOrder,
    answer: fn(Refund) -> R,
) -> Result<StoredAnswer, RefundError> {
    let now = app.clock.now();
    let work = async |conn: &mut Conn| request_refund_in_tx(conn, &authority, order, now).await.map(answer);
    let answer = idempotent.once(&app.db, StatusCode::CREATED, work).await?;
    app.jobs.notify();
    Ok(answer)
}

async fn request_refund_in_tx(
    conn: &mut Conn,
    authority: &RefundAuthority,
    order: &RefundOrder,
    now: Timestamp,
) -> Result<Refund, RefundError> {
    let payment = payments::store::lock_payment(conn, order.payment_id).await?;
    let of_company = payment.filter(|payment| payment.company_id == authority.company_id);
    let mut payment = of_company.ok_or(RefundError::NotFound)?;
    let amount = order.amount.map_or_else(|| payment.left(), |amount| Money::new(amount, payment.amount.currency));
    let new = NewRefund {
        amount,
        cause: RefundCause::Requested,
        note: order.note.clone(),
        requested_by: Some(authority.doer.person),
        unique_key: None,
    };
    let refund = create_refund_in_tx(conn, &mut payment, new, now).await?;
    let action = Action {
        what: "refund_requested",
        subject: refund.id.to_string(),
        company_id: payment.company_id,
        amount: Some(refund.amount),
        reason: order.note.clone(),
    };
    actions::enqueue_taken(conn, &authority.doer, action, now).await?;
    Ok(refund)
}

/// Records a refund of a payment that this transaction has locked.
pub async fn create_refund_in_tx(
    conn: &mut Conn,
    payment: &mut Payment,
    new: NewRefund,
    now: Timestamp,
) -> Result<Refund, RefundError> {
    payment.reserve_refund(new.amount.amount)?;
    let refund = Refund { application_fee: payment.reserve_fee()?, ..Refund::new(payment.id, new, now) };
    payments::commands::save_changed_in_tx(conn, payment, now).await?;
    refunds::insert_refund(conn, &refund).await?;
    Ok(refund)
}

/// Records what the provider says about one of our refunds.
pub async fn record_state_in_tx(
    conn: &mut Conn,
    refund_id: RefundId,
    state: &RefundState,
    now: Timestamp,
) -> Result<(), RefundError> {
    let (mut payment, mut refund) = lock_in_tx(conn, refund_id).await?;
    if state.amount != refund.amount {
        tracing::error!(%refund_id, ours = %refund.amount, theirs = %state.amount, "a refund of another amount");
    }
    let before = refund.clone();
    let outcome = refund.apply(state, now);
    if refund != before {
        refund.updated_at = now;
        refunds::update_refund(conn, &refund).await?;
    }
    tell_in_tx(conn, &mut payment, &refund, outcome, now).await
}

/// Records that the provider will not carry a refund out.
pub async fn record_failure_in_tx(
    conn: &mut Conn,
    refund_id: RefundId,
    failure: Failure,
    now: Timestamp,
) -> Result<(), RefundError> {
    let (mut payment, mut refund) = lock_in_tx(conn, refund_id).await?;
    if refund.status != RefundStatus::Pending {
        return Ok(());
    }
    let outcome = refund.fail(failure);
    refund.updated_at = now;
    refunds::update_refund(conn, &refund).await?;
    tell_in_tx(conn, &mut payment, &refund, Some(outcome), now).await
}

/// Locks the payment first, which guards its refunds too.
async fn lock_in_tx(conn: &mut Conn, refund_id: RefundId) -> Result<(Payment, Refund), RefundError> {
    let unknown = || RefundError::Unknown(refund_id);
    let payment_id = refunds::find_refund(conn, refund_id).await?.ok_or_else(unknown)?.payment_id;
    let payment = payments::store::lock_payment(conn, payment_id).await?.ok_or_else(unknown)?;
    let refund = refunds::find_refund(conn, refund_id).await?.ok_or_else(unknown)?;
    Ok((payment, refund))
}

async fn tell_in_tx(
    conn: &mut Conn,
    payment: &mut Payment,
    refund: &Refund,
    outcome: Option<Outcome>,
    now: Timestamp,
) -> Result<(), RefundError> {
    let Some(outcome) = outcome else { return Ok(()) };
    let amount = refund.amount.amount;
    let payable = payable_of(conn, payment).await?;
    match outcome {
        Outcome::Succeeded => {
            let before = payment.settle_refund(amount);
            payments::commands::save_changed_in_tx(conn, payment, now).await?;
            events::enqueue_succeeded(conn, refund, payment, &payable, before, now).await?;
        }
        Outcome::Returned(failure) => {
            let before = payment.return_refund(amount);
            payments::commands::save_changed_in_tx(conn, payment, now).await?;
            events::enqueue_returned(conn, refund, payment, &payable, before, now).await?;
            metrics::counter!("billing_refunds_returned_total", "provider" => payment.provider.as_str()).increment(1);
            let (id, payment_id, code) = (refund.id, payment.id, failure.code);
            tracing::error!(%id, %payment_id, amount = %refund.amount, code, "a refund did not reach its customer");
        }
        Outcome::Failed(failure) => {
            payment.release_refund(amount);
            payment.release_fee(refund.application_fee);
            payments::commands::save_changed_in_tx(conn, payment, now).await?;
            events::enqueue_failed(conn, refund, payment, &payable, &failure.code, now).await?;
        }
    }
    Ok(())
}

/// Takes in a provider's event about a refund. One that was made in the provider's dashboard becomes ours.
pub async fn record_event_in_tx(
    conn: &mut Conn,
    provider: &str,
    event: RefundUpdated,
    now: Timestamp,
) -> Result<(), RefundError> {
    let state = RefundState {
        provider_refund_id: event.provider_refund_id,
        amount: event.amount,
        status: event.status,
        failure: event.failure,
    };
    if let Some(refund_id) = event.refund_id {
        return record_state_in_tx(conn, refund_id, &state, now).await;
    }
    let payment_id = payments::store::find_by_provider_payment(conn, provider, &event.provider_payment_id).await?;
    let Some(payment_id) = payment_id else {
        tracing::info!(provider, "a refund of a payment that is not ours");
        return Ok(());
    };
    adopt_in_tx(conn, payment_id, &state, now).await
}

async fn adopt_in_tx(
    conn: &mut Conn,
    payment_id: PaymentId,
    state: &RefundState,
    now: Timestamp,
) -> Result<(), RefundError> {
    let payment = payments::store::lock_payment(conn, payment_id).await?;
    let mut payment = payment.ok_or(RefundError::NotCaptured(payment_id))?;
    let known = refunds::find_by_provider_refund(conn, payment_id, &state.provider_refund_id).await?;
    let refund_id = match known {
        Some(refund) => refund.id,
        // Nothing has gone back; that it had may still be told, late, and must not count then.
        None if state.status == ProviderStatus::Failed => {
            return Ok(refunds::insert_refund(conn, &Refund::failed_elsewhere(payment_id, state, now)).await?);
        }
        None => create_refund_in_tx(conn, &mut payment, NewRefund::of_provider(state.amount), now).await?.id,
    };
    record_state_in_tx(conn, refund_id, state, now).await
}
