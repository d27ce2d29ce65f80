//! The one pipeline through which every fact about a payment goes, and asking the provider for facts.

use jiff::Timestamp;
use kernel::PaymentId;
use providers::{ProviderError, SessionStatus};
use store::Conn;

use super::{
    Fact, Payment, PaymentError, PaymentStatus, events, facts::facts_of_state, model::Turn, provider_of,
    store as payments,
};
use crate::{
    App,
    payables::{self, Payable},
    receipts,
    sessions::{self, Session},
    viewer::Viewer,
};

/// Takes facts in, with the payment locked: attempts are recorded, and what the others have to hear is in the outbox
/// when this commits, with the receipt of a success.
pub async fn record_facts_in_tx(
    conn: &mut Conn,
    payment_id: PaymentId,
    facts: &[Fact],
    now: Timestamp,
) -> Result<Payment, PaymentError> {
    let mut payment = payments::lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
    for fact in facts {
        record_fact_in_tx(conn, &mut payment, fact, now).await?;
    }
    Ok(payment)
}

async fn record_fact_in_tx(
    conn: &mut Conn,
    payment: &mut Payment,
    fact: &Fact,
    now: Timestamp,
) -> Result<(), PaymentError> {
    if payment.knows(fact) {
        return Ok(());
    }
    let before = payment.clone();
    if let Some(attempt) = fact.attempt() {
        payments::insert_attempt(conn, payment.id, &attempt).await?;
    }
    let tally = payments::tally(conn, payment.id).await?;
    let turn = payment.apply(fact, tally)?;
    if *payment == before {
        return Ok(());
    }
    save_changed_in_tx(conn, payment, now).await?;
    // What is held is paid as far as the customer goes.
    let is_done = payment.is_over() || payment.status == PaymentStatus::Authorized;
    if is_done && payment.status != before.status {
        sessions::store::close(conn, payment.id).await?;
    }
    // A debit that has failed leaves its payment open for another try, also where nobody should try any more.
    if (before.status, payment.status) == (PaymentStatus::Processing, PaymentStatus::Pending) {
        sessions::store::close_again(conn, payment.id).await?;
    }
    match turn {
        Some(turn) => tell_in_tx(conn, payment, turn, now).await,
        None => Ok(()),
    }
}

/// Saves a payment that this transaction has locked and changed, as its next version.
pub async fn save_changed_in_tx(conn: &mut Conn, payment: &mut Payment, now: Timestamp) -> Result<(), store::Error> {
    payment.version += 1;
    payment.updated_at = now;
    payment.check_at = payment.next_check(now);
    if let Some(authorization) = &mut payment.authorization {
        authorization.step_at = Some(now);
    }
    payments::update_payment(conn, payment).await
}

async fn tell_in_tx(conn: &mut Conn, payment: &Payment, turn: Turn, now: Timestamp) -> Result<(), PaymentError> {
    let payable = payable_of(conn, payment).await?;
    match turn {
        Turn::Succeeded => {
            events::enqueue_succeeded(conn, payment, &payable, now).await?;
            receipts::issue_receipt_in_tx(conn, payment, &payable, now).await?;
        }
        Turn::Declined(failure) => events::enqueue_failed(conn, payment, &payable, &failure.code, now).await?,
    }
    Ok(())
}

/// The payable of a payment; a foreign key keeps it there.
pub async fn payable_of(conn: &mut Conn, payment: &Payment) -> Result<Payable, store::Error> {
    let payable = payables::store::find_payable(conn, payment.payable).await?;
    payable.ok_or(store::Error::Query(diesel::result::Error::NotFound))
}

/// Asks the provider what became of a payment whose session is known to it, and takes the answer in.
pub async fn ask_provider(
    app: &App,
    payment: &Payment,
    provider_session_id: &str,
    now: Timestamp,
) -> Result<Payment, PaymentError> {
    let provider = provider_of(app, payment).await?;
    let facts = match provider.retrieve_session(provider_session_id).await {
        // Nothing to take in: the money is to be taken first, by the job that may repeat it.
        Ok(state) if state.status == SessionStatus::Approved => return record_approval(app, payment.id, now).await,
        Ok(state) => facts_of_state(state, now),
        // What the provider has forgotten nobody can pay; money it took before is told by its events.
        Err(ProviderError::NotFound(_)) => vec![Fact::SessionExpired],
        Err(error) => return Err(error.into()),
    };
    let payment_id = payment.id;
    let recorded = app.db.transaction(async |conn| record_facts_in_tx(conn, payment_id, &facts, now).await).await?;
    app.jobs.notify();
    Ok(recorded)
}

async fn record_approval(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<Payment, PaymentError> {
    let recorded = app
        .db
        .transaction(async |conn| {
            let payment = payments::lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
            sessions::approvals::record(conn, payment_id, now).await?;
            Ok::<_, PaymentError>(payment)
        })
        .await?;
    app.jobs.notify();
    Ok(recorded)
}

/// Brings a payment up to what the provider knows, for somebody who has just paid and whose webhook is still on its
/// way or lost.
pub async fn verify_payment(
    app: &App,
    viewer: &Viewer,
    payment_id: PaymentId,
    now: Timestamp,
) -> Result<(Payment, Session), PaymentError> {
    let (payment, session) = find_visible(app, viewer, payment_id).await?;
    let is_settled = matches!(payment.status, PaymentStatus::Succeeded | PaymentStatus::Failed);
    let Some(provider_session_id) = session.provider_session_id.clone().filter(|_| !is_settled) else {
        return Ok((payment, session));
    };
    let asked = ask_provider(app, &payment, &provider_session_id, now).await?;
    if !asked.is_over() && sessions::commands::is_approved(app, payment_id).await? {
        // Whoever asks has just agreed, and waits for the answer.
        sessions::commands::complete_session(app, payment_id, now).await.map_err(PaymentError::from_session)?;
    }
    find_visible(app, viewer, payment_id).await
}

pub async fn find_visible(
    app: &App,
    viewer: &Viewer,
    payment_id: PaymentId,
) -> Result<(Payment, Session), PaymentError> {
    let mut conn = app.db.conn().await?;
    payments::find_visible_payment(&mut conn, viewer, payment_id).await?.ok_or(PaymentError::NotFound)
}
