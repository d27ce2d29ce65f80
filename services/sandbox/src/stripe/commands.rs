//! What the API can be asked to do, after its parameters have been accepted.

use jiff::Timestamp;
use serde_json::Value;
use store::Conn;

use super::{StripeError, expand::expand, objects};
use crate::{
    connect::{
        accounts::{NewAccount, NewLink, create_account_in_tx, create_link_in_tx, set_schedule_in_tx},
        payouts::{NewPayout, create_payout_in_tx},
        transfers::{NewTransfer, create_transfer_in_tx, reverse_transfer_in_tx},
    },
    payments::{
        Outcome,
        attempts::Presence,
        cards::Card,
        debits::{Account, debit_by_client_in_tx},
        holds::capture_intent_in_tx,
        methods::{
            CustomerChange, NewIntent, cancel_intent_in_tx, confirm_by_client_in_tx, confirm_intent_in_tx,
            create_customer_in_tx, create_intent_in_tx, detach_method_in_tx, update_customer_in_tx,
        },
        refunds::{NewRefund, create_refund_in_tx},
        sessions::{NewSession, create_session_in_tx, expire_session_in_tx},
    },
    portal::{NewPortal, create_portal_in_tx},
    state::Sandbox,
};

#[derive(Debug)]
pub struct Command {
    pub verb: Verb,
    /// Paths of the answer to be given in full.
    pub expand: Vec<String>,
}

#[derive(Debug)]
pub enum Verb {
    CreateSession(Box<NewSession>),
    ExpireSession(String),
    CreateRefund(NewRefund),
    CreateAccount(NewAccount),
    CreateAccountLink(NewLink),
    SetSchedule { account_id: String, interval: String },
    CreateTransfer(NewTransfer),
    ReverseTransfer(String),
    CreatePayout(NewPayout),
    CreateCustomer { email: Option<String>, metadata: Value },
    UpdateCustomer { id: String, change: CustomerChange },
    CreatePortal(NewPortal),
    DetachMethod(String),
    CreateIntent(NewIntent),
    ConfirmIntent { id: String, presence: Presence, return_url: Option<String> },
    ConfirmByClient { id: String, card: Option<&'static Card>, return_url: Option<String> },
    DebitByClient { id: String, account: &'static Account },
    CaptureIntent { id: String, amount: Option<i64> },
    CancelIntent(String),
}

/// Carries out a command and answers with its object.
pub async fn execute(app: &Sandbox, conn: &mut Conn, now: Timestamp, command: &Command) -> Result<Value, StripeError> {
    let mut object = match &command.verb {
        Verb::CreateSession(new) => {
            objects::session(app, &create_session_in_tx(conn, now, new.as_ref().clone()).await?)
        }
        Verb::ExpireSession(id) => objects::session(app, &expire_session_in_tx(app, conn, now, id).await?),
        Verb::CreateRefund(new) => objects::refund(&create_refund_in_tx(conn, now, new.clone()).await?),
        Verb::CreateAccount(new) => objects::account(&create_account_in_tx(conn, now, new.clone()).await?),
        Verb::SetSchedule { account_id, interval } => {
            objects::account(&set_schedule_in_tx(conn, account_id, interval).await?)
        }
        Verb::CreateAccountLink(new) => {
            objects::account_link(app, now, &create_link_in_tx(conn, now, new.clone()).await?)
        }
        Verb::CreateTransfer(new) => objects::transfer(&create_transfer_in_tx(conn, now, new.clone()).await?),
        Verb::ReverseTransfer(id) => objects::reversal(&reverse_transfer_in_tx(conn, now, id).await?),
        Verb::CreateCustomer { email, metadata } => {
            objects::customer(&create_customer_in_tx(conn, now, email.clone(), metadata.clone()).await?)
        }
        Verb::UpdateCustomer { id, change } => objects::customer(&update_customer_in_tx(conn, now, id, change).await?),
        Verb::CreatePortal(new) => objects::portal_session(app, &create_portal_in_tx(conn, now, new.clone()).await?),
        Verb::DetachMethod(id) => objects::payment_method(&detach_method_in_tx(conn, now, id).await?),
        Verb::CreateIntent(new) => objects::intent(app, &create_intent_in_tx(conn, now, new.clone()).await?),
        Verb::ConfirmIntent { id, presence, return_url } => {
            let step = (id.as_str(), *presence, return_url.as_deref());
            match confirm_intent_in_tx(app, conn, now, step).await? {
                (intent, Outcome::Declined(decline)) => {
                    return Err(StripeError::declined(decline, objects::intent(app, &intent)));
                }
                (intent, Outcome::Succeeded | Outcome::RequiresAction) => objects::intent(app, &intent),
            }
        }
        Verb::ConfirmByClient { id, card, return_url } => {
            let step = (id.as_str(), *card, return_url.as_deref());
            match confirm_by_client_in_tx(app, conn, now, step).await? {
                (intent, Outcome::Declined(decline)) => {
                    return Err(StripeError::declined(decline, objects::client_intent(app, &intent)));
                }
                (intent, Outcome::Succeeded | Outcome::RequiresAction) => objects::client_intent(app, &intent),
            }
        }
        Verb::DebitByClient { id, account } => {
            objects::client_intent(app, &debit_by_client_in_tx(app, conn, now, (id, account)).await?)
        }
        Verb::CaptureIntent { id, amount } => {
            objects::intent(app, &capture_intent_in_tx(app, conn, now, (id, *amount)).await?)
        }
        Verb::CancelIntent(id) => objects::intent(app, &cancel_intent_in_tx(app, conn, now, id).await?),
        Verb::CreatePayout(new) => objects::payout(&create_payout_in_tx(conn, now, new.clone()).await?),
    };
    expand(app, conn, &mut object, &command.expand).await?;
    Ok(object)
}
