//! What Square's own books say. It pays everything out to the bank by itself, mostly once a day, and lists what each payout is
//! made of: <https://developer.squareup.com/reference/square/payouts-api>. So what has moved is seen when it is paid out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;

use super::{
    client::SquareClient,
    objects::{MoneyObject, unreadable},
};
use crate::{Movement, MovementKind, MovementsPage, MovementsRequest, ProviderError, http::checked_id};

/// As many as Square gives at once.
const PAGE_SIZE: &str = "100";

#[derive(Deserialize)]
struct PayoutsAnswer {
    #[serde(default)]
    payouts: Vec<PayoutObject>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct PayoutObject {
    id: String,
    created_at: Timestamp,
    amount_money: MoneyObject,
}

#[derive(Deserialize)]
struct EntriesAnswer {
    #[serde(default)]
    payout_entries: Vec<EntryObject>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct EntryObject {
    id: String,
    effective_at: Timestamp,
    #[serde(rename = "type")]
    activity: String,
    /// Below zero for money that goes.
    gross_amount_money: MoneyObject,
    /// Above zero for what Square keeps.
    fee_amount_money: Option<MoneyObject>,
    type_charge_details: Option<Details>,
    type_refund_details: Option<Details>,
    type_app_fee_revenue_details: Option<Details>,
    type_app_fee_refund_details: Option<Details>,
    type_dispute_details: Option<Details>,
    type_open_dispute_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    payment_id: Option<String>,
    refund_id: Option<String>,
    dispute_id: Option<String>,
}

/// One payout after the other, each by pages of its entries.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    payout: Option<String>,
    entries: Option<String>,
}

pub async fn list_movements(
    client: &SquareClient,
    location_id: Option<&str>,
    request: &MovementsRequest,
) -> Result<MovementsPage, ProviderError> {
    let place = match &request.after {
        Some(after) => serde_json::from_str(after).map_err(|_| unreadable("a page of ours"))?,
        None => Place::default(),
    };
    let listed: PayoutsAnswer = client.get(&payouts_path(location_id, request, &place)).await?;
    let Some(payout) = listed.payouts.into_iter().next() else { return Ok(MovementsPage::default()) };
    let entries: EntriesAnswer = client.get(&entries_path(&payout.id, &place)?).await?;
    let mut movements: Vec<Movement> = entries.payout_entries.iter().map(movement).collect::<Result<_, _>>()?;
    let next = match (some(entries.cursor), some(listed.cursor)) {
        (Some(entries), _) => Some(Place { payout: place.payout, entries: Some(entries) }),
        (None, payout) => payout.map(|payout| Place { payout: Some(payout), entries: None }),
    };
    if place.entries.is_none() {
        movements.push(settlement(&payout)?);
    }
    let next = next.map(|next| serde_json::to_string(&next)).transpose();
    Ok(MovementsPage { movements, next: next.map_err(|error| unreadable(&error.to_string()))? })
}

/// An empty cursor is none.
fn some(cursor: Option<String>) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty())
}

fn payouts_path(location_id: Option<&str>, request: &MovementsRequest, place: &Place) -> String {
    let mut query = Serializer::new(String::new());
    query
        .append_pair("begin_time", &request.from.to_string())
        .append_pair("end_time", &request.to.to_string())
        .append_pair("sort_order", "ASC")
        .append_pair("limit", "1");
    if let Some(location_id) = location_id {
        query.append_pair("location_id", location_id);
    }
    if let Some(cursor) = &place.payout {
        query.append_pair("cursor", cursor);
    }
    format!("v2/payouts?{}", query.finish())
}

fn entries_path(payout_id: &str, place: &Place) -> Result<String, ProviderError> {
    let mut query = Serializer::new(String::new());
    query.append_pair("limit", PAGE_SIZE);
    if let Some(cursor) = &place.entries {
        query.append_pair("cursor", cursor);
    }
    Ok(format!("v2/payouts/{}/payout-entries?{}", checked_id(payout_id)?, query.finish()))
}

/// What has left Square's books for our bank.
fn settlement(payout: &PayoutObject) -> Result<Movement, ProviderError> {
    let mut amount = payout.amount_money.readable()?;
    amount.amount = -amount.amount;
    Ok(Movement {
        id: payout.id.clone(),
        kind: MovementKind::Settlement,
        reference: None,
        source: None,
        amount,
        fee: 0,
        occurred_at: payout.created_at,
        told: None,
    })
}

fn movement(entry: &EntryObject) -> Result<Movement, ProviderError> {
    let amount = entry.gross_amount_money.readable()?;
    let fee = entry.fee_amount_money.as_ref().map(MoneyObject::readable).transpose()?;
    if fee.is_some_and(|fee| fee.currency != amount.currency) {
        return Err(unreadable("a fee in another currency"));
    }
    let kind = kind(&entry.activity, amount.amount);
    Ok(Movement {
        id: entry.id.clone(),
        kind,
        reference: None,
        source: source(entry, kind),
        amount,
        fee: fee.map_or(0, |fee| fee.amount),
        occurred_at: entry.effective_at,
        told: None,
    })
}

fn source(entry: &EntryObject, kind: MovementKind) -> Option<String> {
    match kind {
        MovementKind::Charge => entry.type_charge_details.as_ref()?.payment_id.clone(),
        // Known by the payment.
        MovementKind::ApplicationFee => entry.type_app_fee_revenue_details.as_ref()?.payment_id.clone(),
        MovementKind::ApplicationFeeRefund => entry.type_app_fee_refund_details.as_ref()?.payment_id.clone(),
        MovementKind::Refund => entry.type_refund_details.as_ref()?.refund_id.clone(),
        MovementKind::Dispute | MovementKind::DisputeReturn => {
            let details = entry.type_dispute_details.as_ref().or(entry.type_open_dispute_details.as_ref())?;
            details.dispute_id.clone()
        }
        _ => None,
    }
}

/// <https://developer.squareup.com/reference/square/enums/ActivityType>. What we never make is shown to people as money that
/// came or went: nothing here matches it.
fn kind(activity: &str, amount: i64) -> MovementKind {
    match activity {
        "CHARGE" => MovementKind::Charge,
        "REFUND" => MovementKind::Refund,
        "APP_FEE_REVENUE" => MovementKind::ApplicationFee,
        "APP_FEE_REFUND" => MovementKind::ApplicationFeeRefund,
        "DISPUTE" | "OPEN_DISPUTE" if amount < 0 => MovementKind::Dispute,
        "DISPUTE" | "OPEN_DISPUTE" => MovementKind::DisputeReturn,
        "RETURNED_PAYOUT" => MovementKind::Settlement,
        fee if fee.contains("FEE") => MovementKind::Fee,
        _ if amount < 0 => MovementKind::Payout,
        _ => MovementKind::Charge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_told_by_the_activity() {
        for (activity, amount, wanted) in [
            ("CHARGE", 5, MovementKind::Charge),
            ("REFUND", -5, MovementKind::Refund),
            ("DISPUTE", -5, MovementKind::Dispute),
            ("DISPUTE", 5, MovementKind::DisputeReturn),
            ("DEPOSIT_FEE", -5, MovementKind::Fee),
            ("TAX_ON_FEE", -5, MovementKind::Fee),
            ("APP_FEE_REVENUE", 5, MovementKind::ApplicationFee),
            ("APP_FEE_REFUND", -5, MovementKind::ApplicationFeeRefund),
            ("RETURNED_PAYOUT", 5, MovementKind::Settlement),
            ("SQUARE_CAPITAL_PAYMENT", -5, MovementKind::Payout),
        ] {
            assert_eq!(kind(activity, amount), wanted, "{activity}");
        }
    }

    #[test]
    fn an_entry_names_what_it_is_about_and_what_square_kept() {
        let told = serde_json::json!({
            "id": "poe_1", "payout_id": "po_1", "effective_at": "2027-03-01T10:00:00Z", "type": "CHARGE",
            "gross_amount_money": {"amount": 4760, "currency": "EUR"},
            "fee_amount_money": {"amount": 92, "currency": "EUR"},
            "net_amount_money": {"amount": 4668, "currency": "EUR"},
            "type_charge_details": {"payment_id": "p1"},
        });
        let movement = movement(&serde_json::from_value(told).unwrap()).unwrap();
        assert_eq!((movement.amount.amount, movement.fee, movement.source.as_deref()), (4760, 92, Some("p1")));
    }
}
