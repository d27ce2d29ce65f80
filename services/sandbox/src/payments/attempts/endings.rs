//! How an attempt ends: what is written down of it, and told.

use ::store::Conn;
use serde_json::{Value, json};

use super::{Outcome, paying::Paying};
use crate::{
    payments::{
        ChargeRow, PaymentError,
        cards::{Answer, Card, Decline},
        disputes::open_dispute_in_tx,
        holds::{CaptureMethod, HELD_FOR},
        methods::{self, MethodRow},
        provider_id, settlements, store,
        told::{self, Told},
    },
    webhooks,
};

impl Paying<'_> {
    /// What the card would do with a charge matters as far as its bank looks at it now.
    pub async fn save_card(self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
        match card.answer {
            Answer::Declines(decline) => self.decline(conn, None, decline).await,
            Answer::AsksForAuthentication => self.ask(conn, card).await,
            Answer::Approves | Answer::ApprovesAndDisputes | Answer::DeclinesCharges(_) => self.keep(conn, card).await,
        }
    }

    pub async fn keep(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
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
        self.complete_session(conn).await?;
        let told = told::saved(self.app, &self.session, &self.intent);
        self.finish(conn, told).await?;
        Ok(Outcome::Succeeded)
    }

    pub async fn approve(mut self, conn: &mut Conn, card: &Card, authenticated: bool) -> Result<Outcome, PaymentError> {
        let charge = self.charge(conn, card, "succeeded", authenticated).await?;
        self.intent.latest_charge = Some(charge.id.clone());
        (self.intent.pending_card, self.intent.last_error) = (None, None);
        let told = match self.intent.capture_method() {
            CaptureMethod::Automatic => self.take(conn, card, &charge).await?,
            CaptureMethod::Manual => self.hold(conn, &charge).await?,
        };
        self.finish(conn, told).await?;
        Ok(Outcome::Succeeded)
    }

    async fn take(&mut self, conn: &mut Conn, card: &Card, charge: &ChargeRow) -> Result<Vec<Told>, PaymentError> {
        self.intent.status = "succeeded".to_owned();
        self.intent.amount_received = self.intent.amount;
        self.complete_session(conn).await?;
        settlements::settle_in_tx(conn, &self.session, charge).await?;
        let mut told = told::paid(self.app, &self.session, &self.intent, charge);
        if card.answer == Answer::ApprovesAndDisputes {
            let dispute = open_dispute_in_tx(conn, self.now, &self.session, charge).await?;
            told.extend(told::disputed(charge, &dispute, self.session.provider()));
        }
        Ok(told)
    }

    async fn hold(&mut self, conn: &mut Conn, charge: &ChargeRow) -> Result<Vec<Told>, PaymentError> {
        self.intent.status = "requires_capture".to_owned();
        self.intent.capture_before = Some(self.now + HELD_FOR);
        self.complete_session(conn).await?;
        Ok(told::held(self.app, &self.session, &self.intent, charge))
    }

    async fn complete_session(&mut self, conn: &mut Conn) -> Result<(), PaymentError> {
        self.session.status = "complete".to_owned();
        self.session.intent_id = Some(self.intent.id.clone());
        Ok(store::save_session(conn, &self.session.id, "complete", Some(&self.intent.id)).await?)
    }

    pub async fn decline(
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
    pub async fn agree(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
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
    pub async fn refuse_capture(mut self, conn: &mut Conn, decline: Decline) -> Result<Outcome, PaymentError> {
        self.intent.status = "requires_payment_method".to_owned();
        self.intent.pending_card = None;
        self.intent.last_error = Some(last_error(decline, None));
        store::touch_session(conn, &self.session.id, self.now, None).await?;
        self.finish(conn, Vec::new()).await?;
        Ok(Outcome::Declined(decline))
    }

    pub async fn ask(mut self, conn: &mut Conn, card: &Card) -> Result<Outcome, PaymentError> {
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
