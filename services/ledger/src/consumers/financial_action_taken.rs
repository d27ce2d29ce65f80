//! `billing.financial_action_taken`: what somebody did by hand that moves nothing by itself, for the trail.

use contracts::billing::v1::FinancialActionTaken;
use events::{Delivery, HandlerError};
use kernel::Money;
use serde_json::{Value, json};
use store::Conn;

use super::instant;
use crate::{
    actions::{Action, Doer, Whence, record_in_tx},
    allocations::AllocationError,
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<FinancialActionTaken>) -> Result<(), HandlerError> {
    let at = instant(delivery.event.taken_at_micros, delivery.occurred_at);
    record_in_tx(conn, action(delivery.event)?, at).await?;
    Ok(())
}

fn action(event: FinancialActionTaken) -> Result<Action, AllocationError> {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let what = match event.action.as_str() {
        "payment_asked_again" => "payment_asked_again",
        "payout_receiver_confirmed" => "payout_receiver_confirmed",
        "payout_receiver_named" => "payout_receiver_named",
        "payout_receiver_removed" => "payout_receiver_removed",
        "refund_requested" => "refund_requested",
        _ => return Err(AllocationError::Missing("a known action")),
    };
    let detail = match event.currency.as_str() {
        "" => Value::Object(serde_json::Map::new()),
        currency => json!({"amount": Money::new(event.amount, currency.parse()?)}),
    };
    Ok(Action {
        doer: Doer::Person(event.person_id.parse()?, Whence(given(event.address))),
        what,
        subject: event.subject,
        reason: given(event.reason),
        detail,
    })
}
