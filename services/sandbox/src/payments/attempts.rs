//! Attempts to pay a session with a card.

use ::store::Conn;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    payments::{
        ChargeRow, IntentRow, PaymentError, Provider, SessionRow,
        cards::{AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Answer, Card, Decline, INCORRECT_NUMBER},
        disputes::open_dispute_in_tx,
        holds::{CaptureMethod, HELD_FOR},
        methods::{self, MethodRow},
        provider_id,
        sessions::Mode,
        settlements, store,
        told::{self, Told},
    },
    state::Sandbox,
    webhooks::{self, WebhookPlan},
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

/// A session and its intent, both locked.
struct Paying<'a> {
    app: &'a Sandbox,
    now: Timestamp,
    session: SessionRow,
    intent: IntentRow,
    webhooks: &'a WebhookPlan,
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

async fn begin<'a>(
    app: &'a Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    attempt: Attempt<'a>,
) -> Result<Paying<'a>, PaymentError> {
    let id = attempt.session_id;
    let session =
        store::lock_session(conn, id).await?.ok_or_else(|| PaymentError::not_found("checkout.session", id))?;
    if session.status == "complete" {
        return Err(PaymentError::SessionComplete);
    }
    let closed = session.status == "expired" || now >= session.expires_at;
    // An intent that was given up takes no payment any more, not even one under way.
    if closed && (attempt.timing == Timing::WhileOpen || session.mode() == Mode::Intent) {
        return Err(PaymentError::SessionExpired);
    }
    let intent = match &session.intent_id {
        Some(intent_id) => lock_intent(conn, intent_id).await?,
        None => create_intent(conn, now, &session).await?,
    };
    Ok(Paying { app, now, session, intent, webhooks: attempt.webhooks })
}

async fn lock_intent(conn: &mut Conn, id: &str) -> Result<IntentRow, PaymentError> {
    store::lock_intent(conn, id).await?.ok_or_else(|| PaymentError::not_found("payment_intent", id))
}

async fn create_intent(conn: &mut Conn, now: Timestamp, session: &SessionRow) -> Result<IntentRow, PaymentError> {
    let intent = IntentRow {
        id: provider_id(if session.mode() == Mode::Setup { "seti" } else { "pi" }),
        session_id: session.id.clone(),
        status: "requires_payment_method".to_owned(),
        amount: session.amount,
        amount_received: 0,
        currency: session.currency.clone(),
        description: session.intent_description.clone(),
        metadata: session.intent_metadata.clone(),
        latest_charge: None,
        pending_card: None,
        last_error: None,
        created_at: now,
        customer_id: session.customer_id.clone(),
        payment_method_id: None,
        capture_method: session.capture_method.clone(),
        capture_before: None,
        canceled_at: None,
        excluded_methods: None,
        takes_debits: false,
        decided_at: None,
    };
    store::insert_intent(conn, intent.clone()).await?;
    store::save_session(conn, &session.id, &session.status, Some(&intent.id)).await?;
    Ok(intent)
}

impl Paying<'_> {
    /// What the card would do with a charge matters as far as its bank looks at it now.
    async fn save_card(self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
        match card.answer {
            Answer::Declines(decline) => self.decline(conn, None, decline).await,
            Answer::AsksForAuthentication => self.ask(conn, card).await,
            Answer::Approves | Answer::ApprovesAndDisputes | Answer::DeclinesCharges(_) => self.keep(conn, card).await,
        }
    }

    async fn keep(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
        let method = MethodRow {
            id: provider_id("pm"),
            customer_id: self.session.customer_id.clone(),
            card: card.name.to_owned(),
            created_at: self.now,
        };
        methods::insert_method(conn, method.clone()).await?;
        self.intent.status = "succeeded".to_owned();
        self.intent.payment_method_id = Some(method.id);
        (self.intent.pending_card, self.intent.last_error) = (None, None);
        self.session.status = "complete".to_owned();
        self.session.intent_id = Some(self.intent.id.clone());
        store::save_session(conn, &self.session.id, "complete", Some(&self.intent.id)).await?;
        let told = told::saved(self.app, &self.session, &self.intent);
        self.finish(conn, told).await?;
        Ok(Outcome::Succeeded)
    }

    async fn approve(mut self, conn: &mut Conn, card: &Card, authenticated: bool) -> Result<Outcome, PaymentError> {
        let charge = self.charge(conn, card, "succeeded", authenticated).await?;
        let is_held = self.intent.capture_method() == CaptureMethod::Manual;
        if is_held {
            self.intent.status = "requires_capture".to_owned();
            self.intent.capture_before = Some(self.now + HELD_FOR);
        } else {
            self.intent.status = "succeeded".to_owned();
            self.intent.amount_received = self.intent.amount;
        }
        self.intent.latest_charge = Some(charge.id.clone());
        self.intent.pending_card = None;
        self.intent.last_error = None;
        self.session.status = "complete".to_owned();
        self.session.intent_id = Some(self.intent.id.clone());
        store::save_session(conn, &self.session.id, "complete", Some(&self.intent.id)).await?;
        if !is_held {
            settlements::settle_in_tx(conn, &self.session, &charge).await?;
        }
        let mut told = match is_held {
            true => told::held(self.app, &self.session, &self.intent, &charge),
            false => told::paid(self.app, &self.session, &self.intent, &charge),
        };
        if card.answer == Answer::ApprovesAndDisputes && !is_held {
            let dispute = open_dispute_in_tx(conn, self.now, &self.session, &charge).await?;
            told.extend(told::disputed(&charge, &dispute, self.session.provider()));
        }
        self.finish(conn, told).await?;
        Ok(Outcome::Succeeded)
    }

    async fn decline(
        mut self,
        conn: &mut Conn,
        card: Option<&Card>,
        decline: Decline,
    ) -> Result<Outcome, PaymentError> {
        let charge = match card {
            Some(card) => Some(self.charge(conn, card, "failed", false).await?),
            None => None,
        };
        self.intent.status = "requires_payment_method".to_owned();
        self.intent.pending_card = None;
        let charge_id = charge.as_ref().map(|charge| charge.id.clone());
        self.intent.last_error = Some(last_error(decline, charge_id.as_deref()));
        self.intent.latest_charge = charge_id.or(self.intent.latest_charge);
        let told = told::declined(self.app, &self.session, &self.intent, charge.as_ref());
        self.finish(conn, told).await?;
        Ok(Outcome::Declined(decline))
    }

    /// The customer has agreed to an order; whether the card pays is found out when the money is taken.
    async fn agree(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
        self.intent.status = "approved".to_owned();
        self.intent.pending_card = Some(card.name.to_owned());
        self.intent.last_error = None;
        self.session.changed_at = Some(self.now);
        let plan = self.webhooks.to_stored();
        store::touch_session(conn, &self.session.id, self.now, Some(&plan)).await?;
        let told = told::agreed(self.app, &self.session, &self.intent);
        self.finish(conn, told).await?;
        Ok(match card.answer {
            Answer::Declines(decline) | Answer::DeclinesCharges(decline) => Outcome::Declined(decline),
            _ => Outcome::Succeeded,
        })
    }

    /// The customer has to choose another way to pay; the API's caller hears it at once, and nobody else.
    async fn refuse_capture(mut self, conn: &mut Conn, decline: Decline) -> Result<Outcome, PaymentError> {
        self.intent.status = "requires_payment_method".to_owned();
        self.intent.pending_card = None;
        self.intent.last_error = Some(last_error(decline, None));
        store::touch_session(conn, &self.session.id, self.now, None).await?;
        self.finish(conn, Vec::new()).await?;
        Ok(Outcome::Declined(decline))
    }

    async fn ask(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
        self.intent.status = "requires_action".to_owned();
        self.intent.pending_card = Some(card.name.to_owned());
        self.intent.last_error = None;
        let told = told::asked(self.app, &self.session, &self.intent);
        self.finish(conn, told).await?;
        Ok(Outcome::RequiresAction)
    }

    async fn charge(
        &self,
        conn: &mut Conn,
        card: &Card,
        status: &str,
        authenticated: bool,
    ) -> Result<ChargeRow, PaymentError> {
        let is_taken = status == "succeeded" && self.intent.capture_method() == CaptureMethod::Automatic;
        let charge = ChargeRow {
            id: self.session.provider().charge_id(),
            intent_id: self.intent.id.clone(),
            status: status.to_owned(),
            amount: self.intent.amount,
            amount_refunded: 0,
            currency: self.intent.currency.clone(),
            description: self.intent.description.clone(),
            metadata: self.intent.metadata.clone(),
            card: card.name.to_owned(),
            authenticated,
            created_at: self.now,
            amount_captured: if is_taken { self.intent.amount } else { 0 },
            captured_at: is_taken.then_some(self.now),
        };
        store::insert_charge(conn, charge.clone()).await?;
        Ok(charge)
    }

    async fn finish(self, conn: &mut Conn, told: Vec<Told>) -> Result<(), PaymentError> {
        let provider = self.session.provider();
        store::save_intent(conn, self.intent).await?;
        webhooks::announce_in_tx(conn, self.now, provider, told, self.webhooks).await?;
        Ok(())
    }
}

pub fn last_error(decline: Decline, charge: Option<&str>) -> Value {
    json!({
        "type": "card_error",
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "charge": charge,
        "doc_url": format!("https://docs.stripe.com/error-codes/{}", decline.code.replace('_', "-")),
    })
}
