//! Makes the provider pay refunds back, and asks about those that it has accepted and not decided.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kernel::{RefundId, clock::real_now};
use providers::{Failure, ProviderError, RefundState};

use super::{BATCH, lease_end, retry_at};
use crate::{
    App,
    payments::{Payment, store as payments},
    refunds::{
        Refund, RefundError, RefundStatus,
        commands::{record_failure_in_tx, record_state_in_tx},
        store as refunds,
    },
};

/// The provider's words for "the money on our side does not suffice": it will, once customers have paid more in.
const BALANCE_TOO_SMALL: [&str; 2] = ["balance_insufficient", "insufficient_funds"];
const BALANCE_RETRY: SignedDuration = SignedDuration::from_hours(1);

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(refunds::next_check_due(&mut conn).await?)
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = claim(app, now).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|(id, tries)| dispatch(app, id, tries, now))).await {
            done?;
        }
    }
}

async fn claim(app: &App, now: Timestamp) -> Result<Vec<(RefundId, i32)>, store::Error> {
    app.db.transaction(async |conn| refunds::claim_dispatches(conn, now, real_now(), lease_end(), BATCH).await).await
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
    refunds::finish_dispatch(&mut conn, refund_id).await?;
    Ok(())
}

/// What the provider answers; nothing where the refund was decided meanwhile.
async fn call(app: &App, refund_id: RefundId) -> Result<Option<Result<RefundState, ProviderError>>, store::Error> {
    let Some((payment, refund)) = find(app, refund_id).await? else { return Ok(None) };
    let provider = match app.provider(payment.provider) {
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
        ProviderError::InvalidRequest(failure) if BALANCE_TOO_SMALL.contains(&failure.code.as_str()) => {
            tracing::error!(code = failure.code, "the balance at the provider is too small for a refund");
            Verdict::Later(ProviderError::InvalidRequest(failure), Some(BALANCE_RETRY))
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
    let at = wait.map_or_else(|| retry_at(tries), |wait| real_now() + wait);
    let mut conn = app.db.conn().await?;
    refunds::postpone_dispatch(&mut conn, refund_id, at).await?;
    Ok(())
}
