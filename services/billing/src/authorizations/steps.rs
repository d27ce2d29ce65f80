//! The steps of an authorisation, one call each. Before a call its wish is recorded, after it what came of it; killed in
//! between, whoever comes next makes the same call under the same key, or finds what was done.

use jiff::Timestamp;
use kernel::{Money, PaymentId};
use providers::{CaptureRequest, Failure, ProviderError, SessionState};
use store::Conn;

use super::{
    Authorization, AuthorizationError, VoidCause,
    model::{Step, next_step},
    renewals, store as authorizations,
};
use crate::{
    App,
    payables::store::find_payable,
    payments::{
        Fact, Payment, PaymentError,
        commands::{record_facts_in_tx, save_changed_in_tx},
        facts::facts_of_state,
        store::{find_payment, lock_payment},
    },
    sessions::Session,
};

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is another one to take.
    Moved,
    /// Nothing is to be done for now.
    Rests,
}

/// Takes the next step of a payment's authorisation, and plans the one after it. Two processes may do it at once.
pub async fn take_step(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<Progress, AuthorizationError> {
    let Some((payment, session, step)) = begin(app, payment_id, now).await? else { return Ok(Progress::Rests) };
    match step {
        Step::Capture(amount) => capture(app, &payment, amount, now).await?,
        Step::Release => release(app, &payment, now).await?,
        Step::Void(cause) => give_up(app, payment_id, cause, now).await?,
        Step::Renew => renewals::renew(app, &payment, &session, now).await?,
        Step::Settle(renews) => renewals::settle(app, (renews, payment_id), now).await?,
        Step::Wait(_) => {}
    }
    app.db.transaction(async |conn| plan_in_tx(conn, payment_id, now).await).await
}

async fn begin(
    app: &App,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<Option<(Payment, Session, Step)>, AuthorizationError> {
    let mut conn = app.db.conn().await?;
    let Some((payment, session)) = find_payment(&mut conn, payment_id).await? else { return Ok(None) };
    let step = step_of(&mut conn, &payment, now).await?;
    Ok(Some((payment, session, step)))
}

pub async fn step_of(conn: &mut Conn, payment: &Payment, now: Timestamp) -> Result<Step, store::Error> {
    let payable = find_payable(conn, payment.payable).await?;
    Ok(next_step(payment, payable.and_then(|payable| payable.ends_at), now))
}

/// Decided from the payment as it is now, so that nothing that was wished meanwhile is slept over.
async fn plan_in_tx(conn: &mut Conn, payment_id: PaymentId, now: Timestamp) -> Result<Progress, AuthorizationError> {
    let payment = locked(conn, payment_id).await?;
    let (at, progress) = match step_of(conn, &payment, now).await? {
        Step::Wait(at) => (at, Progress::Rests),
        _ => (Some(now), Progress::Moved),
    };
    authorizations::plan_step(conn, payment_id, at).await?;
    Ok(progress)
}

pub async fn locked(conn: &mut Conn, payment_id: PaymentId) -> Result<Payment, PaymentError> {
    lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))
}

async fn capture(app: &App, payment: &Payment, amount: i64, now: Timestamp) -> Result<(), AuthorizationError> {
    let Some(provider_payment_id) = payment.provider_payment_id.clone() else { return Ok(()) };
    let amount = Money::new(amount, payment.amount.currency);
    let request = CaptureRequest { payment_id: payment.id, provider_payment_id, amount };
    let provider = app.provider(payment.provider)?;
    let holds = provider.holds().ok_or(ProviderError::NotConfigured(payment.provider))?;
    match holds.capture(&request).await {
        Err(ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure)) => {
            tracing::warn!(payment_id = %payment.id, code = failure.code, "the provider refuses a capture");
            refuse_capture(app, payment.id, failure, now).await
        }
        answer => record(app, payment.id, answer, now).await,
    }
}

/// It is held as before, and may be captured otherwise.
async fn refuse_capture(
    app: &App,
    payment_id: PaymentId,
    failure: Failure,
    now: Timestamp,
) -> Result<(), AuthorizationError> {
    app.db
        .transaction(async |conn| {
            let mut payment = locked(conn, payment_id).await?;
            if let Some(authorization) = &mut payment.authorization {
                (authorization.wish, authorization.failure) = (None, Some(failure.clone()));
            }
            Ok::<_, AuthorizationError>(save_changed_in_tx(conn, &mut payment, now).await?)
        })
        .await
}

async fn release(app: &App, payment: &Payment, now: Timestamp) -> Result<(), AuthorizationError> {
    let Some(provider_payment_id) = &payment.provider_payment_id else { return Ok(()) };
    let provider = app.provider(payment.provider)?;
    let holds = provider.holds().ok_or(ProviderError::NotConfigured(payment.provider))?;
    let answer = holds.release(provider_payment_id).await;
    record(app, payment.id, answer, now).await
}

async fn record(
    app: &App,
    payment_id: PaymentId,
    answer: Result<SessionState, ProviderError>,
    now: Timestamp,
) -> Result<(), AuthorizationError> {
    let facts = match answer {
        Ok(state) => facts_of_state(state, now),
        // What the provider has forgotten it does not hold.
        Err(ProviderError::NotFound(_)) => vec![Fact::Released { at: now }],
        Err(error) => return Err(error.into()),
    };
    let recorded = app.db.transaction(async |conn| record_facts_in_tx(conn, payment_id, &facts, now).await).await?;
    app.jobs.notify();
    let is_standing = |authorization: &Authorization| authorization.is_standing(recorded.status);
    let is_undecided = recorded.authorization.as_ref().is_some_and(is_standing);
    if is_undecided { Err(AuthorizationError::Undecided) } else { Ok(()) }
}

async fn give_up(app: &App, payment_id: PaymentId, cause: VoidCause, now: Timestamp) -> Result<(), AuthorizationError> {
    app.db
        .transaction(async |conn| {
            let mut payment = locked(conn, payment_id).await?;
            if step_of(conn, &payment, now).await? != Step::Void(cause) {
                return Ok(());
            }
            if let Some(authorization) = &mut payment.authorization {
                authorization.give_up(cause);
            }
            Ok::<_, AuthorizationError>(save_changed_in_tx(conn, &mut payment, now).await?)
        })
        .await
}
