//! Makes the provider pay refunds back, and asks about those that it has accepted and not decided.

use jiff::{SignedDuration, Timestamp};
use kernel::RefundId;
use providers::{Failure, ProviderError, RefundState};

use crate::{
    App,
    payments::{Payment, provider_of, store as payments},
    refunds::{
        Refund, RefundError, RefundStatus,
        commands::{record_failure_in_tx, record_state_in_tx},
        store::{self as refunds, DISPATCHES},
    },
};

/// Customers have to pay more in first.
const BALANCE_RETRY: SignedDuration = SignedDuration::from_hours(1);

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    DISPATCHES.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    DISPATCHES.work_off(app, now, |id, tries| dispatch(app, id, tries, now)).await
}

async fn dispatch(app: &App, refund_id: RefundId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    let answer = call(app, refund_id).await?;
    let Some(answer) = answer else { return Ok(()) };
    let recorded = match answer {
        Ok(state) => record_state(app, refund_id, &state, now).await,
        Err(error) => match verdict(error) {
            Verdict::Never(failure) => record_failure(app, refund_id, failure, now).await,
            Verdict::Later(error, wait) => return postpone(app, refund_id, tries, &error, wait).await,
        },
    };
    if let Err(error) = recorded {
        tracing::error!(%refund_id, %error, "what the provider said about a refund cannot be recorded");
        return postpone(app, refund_id, tries, &error, None).await;
    }
    let mut conn = app.db.conn().await?;
    Ok(DISPATCHES.finish(&mut conn, refund_id).await?)
}

/// What the provider answers; nothing where the refund was decided meanwhile.
async fn call(app: &App, refund_id: RefundId) -> Result<Option<Result<RefundState, ProviderError>>, store::Error> {
    let Some((payment, refund)) = find(app, refund_id).await? else { return Ok(None) };
    let provider = match provider_of(app, &payment).await {
        Ok(provider) => provider,
        Err(error) => return Ok(Some(Err(error))),
    };
    if let Some(provider_refund_id) = &refund.provider_refund_id {
        return Ok(Some(provider.retrieve_refund(provider_refund_id).await));
    }
    let Some(request) = refund.request(&payment) else {
        return Ok(Some(Err(ProviderError::NotFound("the payment".to_owned()))));
    };
    Ok(Some(provider.refund(request).await))
}

async fn find(app: &App, refund_id: RefundId) -> Result<Option<(Payment, Refund)>, store::Error> {
    let mut conn = app.db.conn().await?;
    let refund = refunds::find_refund(&mut conn, refund_id).await?;
    let Some(refund) = refund.filter(|refund| refund.status == RefundStatus::Pending) else { return Ok(None) };
    let payment = payments::find_payment(&mut conn, refund.payment_id).await?;
    Ok(payment.map(|(payment, _)| (payment, refund)))
}

enum Verdict {
    /// The provider will not do it.
    Never(Failure),
    /// The same call may succeed later, after the given time where it is known.
    Later(ProviderError, Option<SignedDuration>),
}

fn verdict(error: ProviderError) -> Verdict {
    let failed = |code: &str, message: String| Verdict::Never(Failure { code: code.to_owned(), message });
    match error {
        error if error.is_lack_of_balance() => {
            metrics::counter!("billing_refunds_waiting_for_balance_total").increment(1);
            tracing::error!(%error, "the balance at the provider is too small for a refund");
            Verdict::Later(error, Some(BALANCE_RETRY))
        }
        ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure) => Verdict::Never(failure),
        ProviderError::NotFound(detail) => failed("not_found", detail),
        ProviderError::KeyReused(detail) => failed("idempotency_key_reused", detail),
        other => Verdict::Later(other, None),
    }
}

async fn record_state(app: &App, refund_id: RefundId, state: &RefundState, now: Timestamp) -> Result<(), RefundError> {
    app.db.transaction(async |conn| record_state_in_tx(conn, refund_id, state, now).await).await
}

async fn record_failure(app: &App, refund_id: RefundId, failure: Failure, now: Timestamp) -> Result<(), RefundError> {
    app.db.transaction(async |conn| record_failure_in_tx(conn, refund_id, failure.clone(), now).await).await
}

async fn postpone(
    app: &App,
    refund_id: RefundId,
    tries: i32,
    error: &(dyn std::error::Error + Sync),
    wait: Option<SignedDuration>,
) -> anyhow::Result<()> {
    tracing::warn!(%refund_id, tries, %error, "a refund could not be made; it will be tried again");
    match wait {
        Some(wait) => DISPATCHES.postpone_by(app, refund_id, wait).await?,
        None => DISPATCHES.postpone(app, refund_id, tries).await?,
    }
    Ok(())
}
