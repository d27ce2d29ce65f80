//! Capturing and voiding, as somebody of the company wishes it.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::PaymentId;
use serde::Serialize;
use service_kit::{Claim, CompanyManager, Idempotent, StoredAnswer};
use store::Conn;

use super::{
    AuthorizationError, Progress,
    model::{request_capture, request_void},
    steps::{locked, take_step},
    store::{STEPS, lease},
};
use crate::{
    App,
    payables::store::lock_payable,
    payments::{Payment, PaymentError, commands::save_changed_in_tx, store::find_payment},
    sessions::{self, Session, store::Purpose},
    worklist::lease_end,
};

/// What is to become of what is held. No amount is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Capture(Option<i64>),
    Void(Option<i64>),
}

/// Records the wish and has the provider carry it out. Where the provider cannot be asked now, a job does it: what the caller
/// is answered then says that it is under way.
pub async fn carry_out<R: Serialize + Send + Sync>(
    app: &App,
    manager: &CompanyManager,
    idempotent: &Idempotent,
    (payment_id, order): (PaymentId, Order),
    answer: fn(Payment, &Session) -> R,
) -> Result<StoredAnswer, AuthorizationError> {
    let now = app.clock.now();
    let begin = async |conn: &mut Conn| begin_in_tx(conn, manager, idempotent, (payment_id, order), now).await;
    if let Some(known) = app.db.transaction(begin).await? {
        return Ok(known);
    }
    match take_steps(app, payment_id, now).await {
        Ok(()) => STEPS.finish(&mut *app.db.conn().await?, payment_id).await?,
        Err(error) => {
            tracing::warn!(%payment_id, %error, "an authorisation is neither captured nor voided yet");
            STEPS.postpone(app, payment_id, 1).await?;
        }
    }
    app.jobs.notify();
    app.db
        .transaction(async |conn| {
            let found = find_payment(conn, payment_id).await?;
            let (payment, session) = found.ok_or(PaymentError::Unknown(payment_id))?;
            let answer = answer(payment, &session);
            idempotent.answer_in_tx::<_, AuthorizationError>(conn, StatusCode::OK, &answer).await
        })
        .await
}

/// A renewal that has just been made is settled first.
async fn take_steps(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<(), AuthorizationError> {
    if take_step(app, payment_id, now).await? == Progress::Moved {
        take_step(app, payment_id, now).await?;
    }
    Ok(())
}

/// The answer that was given before, if one was. A wish that was recorded under this key stands.
async fn begin_in_tx(
    conn: &mut Conn,
    manager: &CompanyManager,
    idempotent: &Idempotent,
    (payment_id, order): (PaymentId, Order),
    now: Timestamp,
) -> Result<Option<StoredAnswer>, AuthorizationError> {
    match idempotent.claim_in_tx::<AuthorizationError>(conn).await? {
        Claim::Answered(answer) => return Ok(Some(answer)),
        Claim::Resumed { resource_id: Some(_) } => return Ok(None),
        Claim::First | Claim::Resumed { resource_id: None } => {}
    }
    record_wish_in_tx(conn, manager, (payment_id, order), now).await?;
    idempotent.name_resource_in_tx(conn, payment_id.uuid()).await?;
    Ok(None)
}

async fn record_wish_in_tx(
    conn: &mut Conn,
    manager: &CompanyManager,
    (payment_id, order): (PaymentId, Order),
    now: Timestamp,
) -> Result<(), AuthorizationError> {
    let found = find_payment(conn, payment_id).await?;
    let of_company = found.filter(|(payment, _)| payment.company_id == manager.company_id());
    let reference = of_company.ok_or(AuthorizationError::NotFound)?.0.payable;
    lock_payable(conn, reference).await?;
    let mut payment = locked(conn, payment_id).await?;
    let by = manager.caller().user_id();
    match order {
        Order::Capture(amount) => {
            request_capture(&mut payment, amount, by, now)?;
            // It pays what is due: nobody should pay that on a page as well.
            sessions::store::request_close_of_payable(conn, reference, Purpose::Pay, now).await?;
        }
        Order::Void(amount) => request_void(&mut payment, amount, by)?,
    }
    save_changed_in_tx(conn, &mut payment, now).await?;
    Ok(lease(conn, payment_id, lease_end()).await?)
}
