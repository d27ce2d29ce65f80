//! `POST /api/payments/session`: a payment is recorded, then opened at the provider, then answered.
//!
//! The first transaction claims the client's key and names the payment in it; the last one stores the answer. Killed
//! in between, the next request with the same key goes on with the same payment, and the provider, asked under that
//! payment's id, with the same session.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::PaymentId;
use serde::Serialize;
use service_kit::{Claim, Idempotent, StoredAnswer};
use store::Conn;

use super::{
    Session, SessionError, commands,
    model::{Asked, Callbacks},
    payer::{Payer, check_hold_in_tx},
    store::{self as sessions, Purpose},
};
use crate::{
    App,
    authorizations::{
        Authorization,
        store::{Which, request_void_of_payable},
    },
    commission_terms::standing_in_tx,
    payables::{self, PayableError, PayableRef},
    payees,
    payment_settings::settle_in_tx,
    payments::{self, Payment, PaymentError, PaymentStatus, model::NewPayment},
};

/// A wish to pay, valid in itself.
#[derive(Debug, Clone)]
pub struct CreateSession {
    pub payer: Payer,
    pub payable: PayableRef,
    pub asked: Asked,
    pub callbacks: Callbacks,
}

pub async fn create_session<R: Serialize + Send + Sync>(
    app: &App,
    idempotent: &Idempotent,
    wish: &CreateSession,
    answer: fn(Payment, &Session) -> R,
) -> Result<StoredAnswer, SessionError> {
    if let Some(customer) = wish.payer.customer() {
        payables::make_current(app, wish.payable, customer, app.clock.now()).await?;
    }
    let begun = app.db.transaction(async |conn| begin_in_tx(app, conn, idempotent, wish).await).await?;
    let payment_id = match begun {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Payment(payment_id) => payment_id,
    };
    // An earlier session may have been superseded.
    app.jobs.notify();
    match open(app, payment_id).await {
        Ok(()) => store_answer(app, idempotent, payment_id, answer).await,
        Err(error) => {
            app.db.transaction(async |conn| idempotent.release_in_tx(conn).await).await?;
            Err(error)
        }
    }
}

enum Begun {
    Answered(StoredAnswer),
    Payment(PaymentId),
}

async fn begin_in_tx(
    app: &App,
    conn: &mut Conn,
    idempotent: &Idempotent,
    wish: &CreateSession,
) -> Result<Begun, SessionError> {
    match idempotent.claim_in_tx::<SessionError>(conn).await? {
        Claim::Answered(answer) => return Ok(Begun::Answered(answer)),
        Claim::Resumed { resource_id: Some(id) } => {
            let payment_id = PaymentId::from_uuid(id);
            if is_worth_resuming(conn, payment_id).await? {
                return Ok(Begun::Payment(payment_id));
            }
        }
        Claim::First | Claim::Resumed { resource_id: None } => {}
    }
    let payment = record_intent_in_tx(conn, wish, app).await?;
    idempotent.name_resource_in_tx(conn, payment.id.uuid()).await?;
    Ok(Begun::Payment(payment.id))
}

/// A payment that was refused, or superseded meanwhile, is no answer to somebody who wants to pay now.
async fn is_worth_resuming(conn: &mut Conn, payment_id: PaymentId) -> Result<bool, SessionError> {
    let found = payments::store::find_payment(conn, payment_id).await?;
    Ok(found.is_some_and(|(payment, session)| {
        let is_lost = matches!(payment.status, PaymentStatus::Cancelled | PaymentStatus::Failed);
        !is_lost && session.close_requested_at.is_none()
    }))
}

/// Decides with the payable locked what is due now, and supersedes what was opened for it before.
async fn record_intent_in_tx(conn: &mut Conn, wish: &CreateSession, app: &App) -> Result<Payment, SessionError> {
    let payable = payables::store::lock_payable(conn, wish.payable).await?.ok_or(PayableError::NotFound)?;
    wish.payer.check(&payable)?;
    if !payees::store::takes_payments(conn, payable.company_id).await? {
        return Err(PayableError::CompanyClosed.into());
    }
    let (provider, means) = wish.payer.choose_means_in_tx(conn, app, payable.company_id).await?;
    let now: Timestamp = app.clock.now();
    let paid_here = payables::store::paid_here(conn, wish.payable).await?;
    // Of the same kind: who pays what is due does not take back what is held, and the other way round.
    let amount = match wish.asked {
        Asked::Due => {
            sessions::request_close_of_payable(conn, wish.payable, Purpose::Pay, now).await?;
            payable.charge(paid_here, now)
        }
        Asked::Hold(amount) => {
            check_hold_in_tx(conn, app, provider, means).await?;
            sessions::request_close_of_payable(conn, wish.payable, Purpose::Hold, now).await?;
            request_void_of_payable(conn, wish.payable, Which::NotHeld, now).await?;
            payable.hold(amount, now)
        }
    };
    let amount = amount.map_err(PayableError::from)?;
    let commission = standing_in_tx(conn, app, payable.company_id, now).await?.in_force.rate;
    let new = NewPayment {
        payable: wish.payable,
        company_id: payable.company_id,
        customer_user_id: payable.customer_user_id,
        provider,
        amount,
        authorization: matches!(wish.asked, Asked::Hold(_)).then(Authorization::default),
        // What is held is captured in part, and its fee would have to be reckoned anew: the platform holds it.
        settlement: match wish.asked {
            Asked::Hold(_) => None,
            _ => settle_in_tx(conn, &payable, (provider, amount), commission).await?,
        },
        commission: Some(commission),
    };
    let payment = Payment::new(new, now);
    let callbacks = with_payment_id(&wish.callbacks, payment.id);
    let session = Session::new(&payment, &payable, means, wish.payer.email(), callbacks);
    payments::store::insert_payment(conn, &payment).await?;
    sessions::insert_session(conn, &session).await?;
    Ok(payment)
}

/// The pages a customer comes back to learn there which payment it was.
fn with_payment_id(callbacks: &Callbacks, payment_id: PaymentId) -> Callbacks {
    let mut callbacks = callbacks.clone();
    for url in [&mut callbacks.success_url, &mut callbacks.cancel_url] {
        url.query_pairs_mut().append_pair("payment_id", &payment_id.to_string());
    }
    callbacks
}

async fn open(app: &App, payment_id: PaymentId) -> Result<(), SessionError> {
    let (payment, session) = commands::find(app, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
    commands::open_session(app, &payment, &session, app.clock.now()).await
}

async fn store_answer<R: Serialize + Send + Sync>(
    app: &App,
    idempotent: &Idempotent,
    payment_id: PaymentId,
    answer: fn(Payment, &Session) -> R,
) -> Result<StoredAnswer, SessionError> {
    app.db
        .transaction(async |conn| {
            let found = payments::store::find_payment(conn, payment_id).await?;
            let (payment, session) = found.ok_or(PaymentError::Unknown(payment_id))?;
            let answer = answer(payment, &session);
            idempotent.answer_in_tx::<_, SessionError>(conn, StatusCode::CREATED, &answer).await
        })
        .await
}
