//! `billing.financial_action_taken`: what somebody did by hand that moves nothing by itself, for the trail.

use contracts::billing::v1::{CommissionTerm, FinancialActionTaken};
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use kernel::Money;
use serde_json::{Map, Value, json};
use store::Conn;

use super::{commission, instant};
use crate::{
    actions::{Action, Doer, Whence, record_in_tx},
    allocations::AllocationError,
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<FinancialActionTaken>) -> Result<(), HandlerError> {
    let at = instant(delivery.event.taken_at_micros, delivery.occurred_at);
    record_in_tx(conn, action(delivery.event, at)?, at).await?;
    Ok(())
}

fn action(event: FinancialActionTaken, at: Timestamp) -> Result<Action, AllocationError> {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let what = match event.action.as_str() {
        "commission_promotion_set" => "commission_promotion_set",
        "company_commission_set" => "company_commission_set",
        "company_plan_set" => "company_plan_set",
        "payment_asked_again" => "payment_asked_again",
        "payout_receiver_confirmed" => "payout_receiver_confirmed",
        "payout_receiver_named" => "payout_receiver_named",
        "payout_receiver_removed" => "payout_receiver_removed",
        "plan_commission_set" => "plan_commission_set",
        "refund_requested" => "refund_requested",
        _ => return Err(AllocationError::Missing("a known action")),
    };
    let mut detail = Map::new();
    if !event.currency.is_empty() {
        let amount = Money::new(event.amount, event.currency.parse()?);
        detail.insert("amount".to_owned(), json!(amount));
    }
    if let Some(term) = event.commission {
        detail.insert("commission".to_owned(), told(term, at)?);
    }
    Ok(Action {
        doer: Doer::Person(event.person_id.parse()?, Whence(given(event.address))),
        what,
        subject: event.subject,
        reason: given(event.reason),
        detail: Value::Object(detail),
    })
}

/// A term as whoever reads the trail sees it: percent, and instants.
fn told(term: CommissionTerm, at: Timestamp) -> Result<Value, AllocationError> {
    Ok(json!({
        "rate": commission(term.ppm)?.map(|rate| rate.percent()),
        "plan": Some(term.plan).filter(|plan| !plan.is_empty()),
        "starts_at": instant(term.starts_at_micros, at),
        "ends_at": term.ends_at_micros.map(|micros| instant(micros, at)),
    }))
}
