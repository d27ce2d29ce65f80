//! Opening a recorded session at the provider, and closing one that nobody should use.

use jiff::Timestamp;
use kernel::PaymentId;
use providers::{ExpireOutcome, Failure, ProviderError};

use super::{
    Session, SessionError, SessionStage, approvals,
    charges::{self, Charge},
    elements,
    model::Means,
    store as sessions,
};
use crate::{
    App,
    payments::{self, Fact, Payment, PaymentError, facts::facts_of_state, provider_of},
};

/// Opens a recorded session at the provider, unless it is known to be there. Repeated, and at the same time from two
/// places, it opens one session: the provider's idempotency key is the payment's id.
///
/// A session that the provider refuses ends its payment as failed.
pub async fn open_session(app: &App, payment: &Payment, session: &Session, now: Timestamp) -> Result<(), SessionError> {
    if session.stage != SessionStage::Opening {
        return Ok(());
    }
    let provider = provider_of(app, payment).await.map_err(SessionError::ProviderUnavailable)?;
    if let Some((method, presence)) = session.means.method() {
        return charges::charge(app, provider.as_ref(), Charge { payment, session, method, presence }, now).await;
    }
    if session.means == Means::Elements {
        return elements::open(app, provider.as_ref(), (payment, session), now).await;
    }
    match provider.create_session(session.request(payment)).await {
        Ok(opened) => record_opened(app, payment.id, &opened).await,
        Err(error) => Err(record_refusal(app, payment.id, error, now).await?),
    }
}

async fn record_opened(app: &App, payment_id: PaymentId, opened: &providers::Session) -> Result<(), SessionError> {
    app.db
        .transaction(async |conn| {
            payments::store::lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
            sessions::record_opened(conn, payment_id, opened).await?;
            Ok(())
        })
        .await
}

/// Sorts what the provider said: out of reach leaves everything as it is, a refusal ends the payment.
pub async fn record_refusal(
    app: &App,
    payment_id: PaymentId,
    error: ProviderError,
    now: Timestamp,
) -> Result<SessionError, SessionError> {
    let failure = match error {
        ProviderError::Declined(failure) | ProviderError::InvalidRequest(failure) => failure,
        ProviderError::KeyReused(detail) => {
            tracing::error!(%payment_id, detail, "a session was asked for twice with different values");
            Failure {
                code: "idempotency_key_reused".to_owned(),
                message: "The payment could not be opened.".to_owned(),
            }
        }
        // Wrong keys are ours to put right; until then the payment is as open as it was.
        error => return Ok(SessionError::ProviderUnavailable(error)),
    };
    let facts = [Fact::Refused(failure.clone())];
    let record = async |conn: &mut store::Conn| {
        payments::commands::record_facts_in_tx(conn, payment_id, &facts, now).await.map_err(SessionError::from)
    };
    app.db.transaction(record).await?;
    Ok(SessionError::Refused(failure))
}

/// Takes the money of a session that its customer has approved, and takes in what became of it. A payment that nobody
/// should make any more is left alone: what is not taken need not be given back.
pub async fn complete_session(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<(), SessionError> {
    let Some((payment, session)) = find(app, payment_id).await? else { return Ok(()) };
    let approved_at = approved_at(app, payment_id).await?;
    if !may_be_taken(&payment, &session) {
        return settle_approval(app, payment_id, approved_at, &[], now).await;
    }
    // The agreement may have been told before the provider's answer to the call that opened the session.
    let provider_session_id = match session.provider_session_id.clone() {
        Some(id) => id,
        None => match open_and_find(app, &payment, &session, now).await? {
            Some(id) => id,
            None => return settle_approval(app, payment_id, approved_at, &[], now).await,
        },
    };
    let provider = provider_of(app, &payment).await.map_err(SessionError::ProviderUnavailable)?;
    let facts = match provider.complete_session(&provider_session_id).await {
        Ok(state) => facts_of_state(state, now),
        Err(ProviderError::NotFound(_)) => vec![Fact::SessionExpired],
        Err(error) => return Err(SessionError::ProviderUnavailable(error)),
    };
    settle_approval(app, payment_id, approved_at, &facts, now).await
}

/// Nobody has withdrawn the wish to be paid.
pub fn may_be_taken(payment: &Payment, session: &Session) -> bool {
    !payment.is_over() && session.close_requested_at.is_none() && session.stage != SessionStage::Closed
}

pub async fn is_approved(app: &App, payment_id: PaymentId) -> Result<bool, store::Error> {
    let mut conn = app.db.conn().await?;
    Ok(approvals::find(&mut conn, payment_id).await?.is_some())
}

async fn approved_at(app: &App, payment_id: PaymentId) -> Result<Option<Timestamp>, SessionError> {
    let mut conn = app.db.conn().await?;
    Ok(approvals::find(&mut conn, payment_id).await?)
}

async fn settle_approval(
    app: &App,
    payment_id: PaymentId,
    approved_at: Option<Timestamp>,
    facts: &[Fact],
    now: Timestamp,
) -> Result<(), SessionError> {
    app.db
        .transaction(async |conn| {
            payments::commands::record_facts_in_tx(conn, payment_id, facts, now).await?;
            approvals::settle(conn, payment_id, approved_at).await?;
            Ok::<_, SessionError>(())
        })
        .await?;
    app.jobs.notify();
    Ok(())
}

/// Tells the provider that nobody should pay in this session any more, and takes in what became of it instead.
pub async fn close_session(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<(), SessionError> {
    let Some((payment, session)) = find(app, payment_id).await? else { return Ok(()) };
    let provider_session_id = match session.provider_session_id.clone() {
        Some(id) => id,
        // Whether the provider has it is not known: opening it tells, and then it can be closed. A charge is prepared only.
        None => match open_to_close(app, &payment, &session, now).await? {
            Some(id) => id,
            None => return Ok(()),
        },
    };
    let provider = provider_of(app, &payment).await.map_err(SessionError::ProviderUnavailable)?;
    match provider.expire_session(&provider_session_id).await {
        Ok(ExpireOutcome::Expired) | Err(ProviderError::NotFound(_)) => {
            record_facts(app, payment_id, &[Fact::SessionExpired], now).await
        }
        Ok(ExpireOutcome::AlreadyExpired | ExpireOutcome::AlreadyComplete) => {
            payments::commands::ask_provider(app, &payment, &provider_session_id, now).await?;
            close_here(app, payment_id).await
        }
        Err(error) => Err(SessionError::ProviderUnavailable(error)),
    }
}

async fn open_to_close(
    app: &App,
    payment: &Payment,
    session: &Session,
    now: Timestamp,
) -> Result<Option<String>, SessionError> {
    let Some((method, presence)) = session.means.method() else {
        return open_and_find(app, payment, session, now).await;
    };
    let provider = provider_of(app, payment).await.map_err(SessionError::ProviderUnavailable)?;
    let prepared = charges::prepare(app, provider.as_ref(), &Charge { payment, session, method, presence }, now).await;
    match prepared {
        Ok(prepared) => Ok(prepared.map(|prepared| prepared.provider_session_id)),
        Err(SessionError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn open_and_find(
    app: &App,
    payment: &Payment,
    session: &Session,
    now: Timestamp,
) -> Result<Option<String>, SessionError> {
    match open_session(app, payment, session, now).await {
        Ok(()) => Ok(find(app, payment.id).await?.and_then(|(_, session)| session.provider_session_id)),
        Err(SessionError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn record_facts(app: &App, payment_id: PaymentId, facts: &[Fact], now: Timestamp) -> Result<(), SessionError> {
    let record =
        async |conn: &mut store::Conn| payments::commands::record_facts_in_tx(conn, payment_id, facts, now).await;
    app.db.transaction(record).await?;
    app.jobs.notify();
    Ok(())
}

/// A complete session takes no other payment, whatever becomes of the one made in it.
async fn close_here(app: &App, payment_id: PaymentId) -> Result<(), SessionError> {
    let mut conn = app.db.conn().await?;
    Ok(sessions::close(&mut conn, payment_id).await?)
}

pub async fn find(app: &App, payment_id: PaymentId) -> Result<Option<(Payment, Session)>, SessionError> {
    let mut conn = app.db.conn().await?;
    Ok(payments::store::find_payment(&mut conn, payment_id).await?)
}
