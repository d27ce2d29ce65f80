//! A new authorisation before the old one lapses.
//!
//! It is a payment of its own, made without the customer on the method that they had chosen, as far as they agree to that. The
//! old one is let go of once the new one stands, so that the company is never without.

use jiff::Timestamp;
use kernel::{Money, PaymentId};
use providers::{Failure, Presence};
use store::Conn;

use super::{
    Authorization, AuthorizationError, events,
    model::{Settled, Step, settle_renewal},
    steps::{locked, step_of},
};
use crate::{
    App,
    payables::store::lock_payable,
    payment_methods::store::find_method,
    payments::{
        Payment, PaymentStatus,
        commands::{payable_of, save_changed_in_tx},
        model::NewPayment,
        store::insert_payment,
    },
    sessions::{self, Callbacks, Means, Session},
};

/// Asks for a new authorisation in place of one that is about to lapse.
pub async fn renew(app: &App, payment: &Payment, session: &Session, now: Timestamp) -> Result<(), AuthorizationError> {
    let begun = app.db.transaction(async |conn| begin_in_tx(conn, payment, session, now).await).await?;
    let Some((renewal, session)) = begun else { return Ok(()) };
    // Where the provider is out of reach, the job that asks about open payments goes on with it.
    if let Err(error) = sessions::commands::open_session(app, &renewal, &session, now).await {
        tracing::warn!(payment_id = %renewal.id, %error, "an authorisation is not renewed yet");
    }
    Ok(())
}

async fn begin_in_tx(
    conn: &mut Conn,
    payment: &Payment,
    session: &Session,
    now: Timestamp,
) -> Result<Option<(Payment, Session)>, AuthorizationError> {
    let payable = lock_payable(conn, payment.payable).await?;
    let mut old = locked(conn, payment.id).await?;
    if step_of(conn, &old, now).await? != Step::Renew {
        return Ok(None);
    }
    let means = means(conn, &old, session).await?;
    let Some((known, payable)) = old.authorization.as_mut().zip(payable) else { return Ok(None) };
    known.renewal_tried_at = Some(now);
    let Some(means) = means else {
        known.failure = Some(no_consent());
        save_changed_in_tx(conn, &mut old, now).await?;
        events::enqueue_renewal_failed(conn, &old, &payable, now).await?;
        return Ok(None);
    };
    let new = NewPayment {
        payable: old.payable,
        company_id: old.company_id,
        customer_user_id: old.customer_user_id,
        provider: old.provider,
        amount: Money::new(known.held.unwrap_or(old.amount.amount), old.amount.currency),
        authorization: Some(Authorization::renewing(old.id)),
        settlement: None,
        // It goes on for the one that the customer has agreed to.
        commission: old.commission,
    };
    let renewal = Payment::new(new, now);
    known.renewal = Some(renewal.id);
    let callbacks = Callbacks { success_url: session.success_url.clone(), cancel_url: session.cancel_url.clone() };
    let session = Session::new(&renewal, &payable, means, None, callbacks);
    insert_payment(conn, &renewal).await?;
    sessions::store::insert_session(conn, &session).await?;
    save_changed_in_tx(conn, &mut old, now).await?;
    Ok(Some((renewal, session)))
}

/// By what it was held before, if that may be charged without the customer. Who has asked for it then stands for this one too.
async fn means(conn: &mut Conn, old: &Payment, session: &Session) -> Result<Option<Means>, store::Error> {
    let asked_by = match session.means {
        Means::OffSession { charged_by, .. } => Some(charged_by),
        Means::Saved(_) | Means::Page | Means::Elements => old.customer_user_id,
    };
    let Some(((method, _), charged_by)) = session.means.method().zip(asked_by) else { return Ok(None) };
    let known = find_method(conn, method).await?;
    let may_be = known.is_some_and(|known| known.chargeable(Presence::OffSession).is_some());
    Ok(may_be.then_some(Means::OffSession { method, charged_by }))
}

fn no_consent() -> Failure {
    Failure {
        code: "no_consent".to_owned(),
        message: "The customer has no payment method on which it can be held anew without them.".to_owned(),
    }
}

/// Takes in what became of a renewal: the old one and the new one, by their ids.
pub async fn settle(
    app: &App,
    (old_id, new_id): (PaymentId, PaymentId),
    now: Timestamp,
) -> Result<(), AuthorizationError> {
    app.db.transaction(async |conn| settle_in_tx(conn, old_id, new_id, now).await).await?;
    app.jobs.notify();
    Ok(())
}

async fn settle_in_tx(
    conn: &mut Conn,
    old_id: PaymentId,
    new_id: PaymentId,
    now: Timestamp,
) -> Result<(), AuthorizationError> {
    // Payments are locked in the order of their ids.
    let (mut old, mut new) = match old_id <= new_id {
        true => {
            let old = locked(conn, old_id).await?;
            (old, locked(conn, new_id).await?)
        }
        false => {
            let new = locked(conn, new_id).await?;
            (locked(conn, old_id).await?, new)
        }
    };
    if step_of(conn, &new, now).await? != Step::Settle(old_id) {
        return Ok(());
    }
    let settled = settle_renewal(&mut old, &mut new, now);
    save_changed_in_tx(conn, &mut new, now).await?;
    save_changed_in_tx(conn, &mut old, now).await?;
    if matches!(settled, Settled::Failed(_)) && old.status == PaymentStatus::Authorized {
        let payable = payable_of(conn, &old).await?;
        events::enqueue_renewal_failed(conn, &old, &payable, now).await?;
    }
    Ok(())
}
