//! Attempts to pay a session with a card: each locks what it is about, asks the card for its answer, and ends in one way
//! or the other.

mod endings;
mod paying;

pub use endings::last_error;

use ::store::Conn;
use jiff::Timestamp;

use self::paying::{Paying, begin, lock_intent};
use crate::{
    payments::{
        PaymentError, Provider,
        cards::{AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Answer, Card, Decline, INCORRECT_NUMBER},
        sessions::Mode,
        store,
    },
    state::Sandbox,
    webhooks::WebhookPlan,
};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Declined(Decline),
    RequiresAction,
}

/// Whether an attempt may come after the session has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// As a person on the page: not after the session has expired.
    WhileOpen,
    /// A payment that was under way when the session closed; it arrives all the same.
    InFlight,
}

/// Whether the customer is there to answer their bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    OnSession,
    OffSession,
}

/// Somebody's attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub session_id: &'a str,
    pub timing: Timing,
    pub webhooks: &'a WebhookPlan,
}

/// Pays with a card number as typed. A decline leaves the session open for another try.
pub async fn pay(app: &Sandbox, attempt: Attempt<'_>, number: &str) -> Result<Outcome, PaymentError> {
    let now = app.clock.now();
    let card = Card::by_number(number);
    let outcome = app.db.transaction(async |conn| pay_in_tx(app, conn, now, attempt, card).await).await?;
    app.wake_jobs();
    Ok(outcome)
}

/// The customer's answer at the bank's page: `approved` or not.
pub async fn authenticate(app: &Sandbox, attempt: Attempt<'_>, approved: bool) -> Result<Outcome, PaymentError> {
    let now = app.clock.now();
    let work = async |conn: &mut Conn| authenticate_in_tx(app, conn, now, attempt, approved).await;
    let outcome = app.db.transaction(work).await?;
    app.wake_jobs();
    Ok(outcome)
}

async fn pay_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    attempt: Attempt<'_>,
    card: Option<&'static Card>,
) -> Result<Outcome, PaymentError> {
    let paying = begin(app, conn, now, attempt).await?;
    // What is charged to a saved card is nobody else's to pay.
    if paying.session.mode() == Mode::Intent && paying.intent.payment_method_id.is_some() {
        return Err(PaymentError::not_found("checkout.session", attempt.session_id));
    }
    let Some(card) = card else { return paying.decline(conn, None, INCORRECT_NUMBER).await };
    if paying.session.mode() == Mode::Setup {
        return paying.save_card(conn, card).await;
    }
    match (card.answer, paying.session.provider()) {
        (Answer::AsksForAuthentication, _) => paying.ask(conn, card).await,
        (_, Provider::Paypal) => paying.agree(conn, card).await,
        (Answer::Approves | Answer::ApprovesAndDisputes, _) => paying.approve(conn, card, false).await,
        (Answer::Declines(decline) | Answer::DeclinesCharges(decline), _) => {
            paying.decline(conn, Some(card), decline).await
        }
    }
}

/// A client confirms an intent of its customer's.
pub async fn confirm_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    session_id: &str,
    card: Option<&'static Card>,
) -> Result<Outcome, PaymentError> {
    let webhooks = WebhookPlan::default();
    let attempt = Attempt { session_id, timing: Timing::WhileOpen, webhooks: &webhooks };
    pay_in_tx(app, conn, now, attempt, card).await
}

/// The one card that its bank wants to hear its owner for every time.
const ALWAYS_ASKS: &str = "authentication_always_required";

/// A saved card and the intent it is to pay, by its session.
#[derive(Debug, Clone, Copy)]
pub struct SavedCard<'a> {
    pub session_id: &'a str,
    pub card: &'static Card,
    pub presence: Presence,
}

/// Charges a saved card. A bank that asked its owner when it was saved does not ask again.
pub async fn charge_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    saved: SavedCard<'_>,
) -> Result<Outcome, PaymentError> {
    let SavedCard { session_id, card, presence } = saved;
    let webhooks = WebhookPlan::default();
    let attempt = Attempt { session_id, timing: Timing::WhileOpen, webhooks: &webhooks };
    let paying = begin(app, conn, now, attempt).await?;
    match card.answer {
        Answer::AsksForAuthentication if card.name != ALWAYS_ASKS => paying.approve(conn, card, false).await,
        Answer::AsksForAuthentication if presence == Presence::OffSession => {
            paying.decline(conn, Some(card), AUTHENTICATION_REQUIRED).await
        }
        Answer::AsksForAuthentication => paying.ask(conn, card).await,
        Answer::Approves | Answer::ApprovesAndDisputes => paying.approve(conn, card, false).await,
        Answer::Declines(decline) | Answer::DeclinesCharges(decline) => paying.decline(conn, Some(card), decline).await,
    }
}

/// Takes the money of an order that its customer has approved; only PayPal's orders wait for this.
pub async fn capture_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    order_id: &str,
) -> Result<Outcome, PaymentError> {
    let missing = || PaymentError::not_found("order", order_id);
    let session = store::lock_session(conn, order_id).await?.ok_or_else(missing)?;
    let session = Some(session).filter(|session| session.provider() == Provider::Paypal).ok_or_else(missing)?;
    if session.status == "complete" {
        return Err(PaymentError::AlreadyCaptured);
    }
    let intent_id = session.intent_id.clone().ok_or(PaymentError::NotApproved)?;
    let intent = lock_intent(conn, &intent_id).await?;
    let card = intent.pending_card.as_deref().and_then(Card::by_name).filter(|_| intent.status == "approved");
    let card = card.ok_or(PaymentError::NotApproved)?;
    let webhooks = WebhookPlan::of_stored(session.webhook_plan.as_ref());
    let paying = Paying { app, now, session, intent, webhooks: &webhooks };
    match card.answer {
        Answer::Declines(decline) | Answer::DeclinesCharges(decline) => paying.refuse_capture(conn, decline).await,
        _ => paying.approve(conn, card, card.answer == Answer::AsksForAuthentication).await,
    }
}

async fn authenticate_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    attempt: Attempt<'_>,
    approved: bool,
) -> Result<Outcome, PaymentError> {
    let paying = begin(app, conn, now, attempt).await?;
    let card = paying.intent.pending_card.as_deref().and_then(Card::by_name);
    let card = card.ok_or(PaymentError::NothingToAuthenticate)?;
    if approved && paying.session.mode() == Mode::Setup {
        paying.keep(conn, card).await
    } else if approved && paying.session.provider() == Provider::Paypal {
        paying.agree(conn, card).await
    } else if approved {
        paying.approve(conn, card, true).await
    } else {
        paying.decline(conn, None, AUTHENTICATION_FAILED).await
    }
}
