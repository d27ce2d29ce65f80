//! Payouts to the seller's bank: every day in UTC, once it is over, all that has moved until then and sums to something, in one
//! payout a currency. Nobody asks for them, and nothing is kept of them: they follow from the payments.

use std::collections::BTreeMap;

use ::store::Conn;
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    LOCATION, SquareError,
    objects::{instant, money},
    sellers::AccessToken,
};
use crate::{
    payments::{
        Provider,
        movements::{MovedRow, list_moved},
    },
    state::Sandbox,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is played of <https://developer.squareup.com/reference/square/payouts-api/list-payouts>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    #[serde(rename = "location_id")]
    _location_id: Option<String>,
    begin_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    sort_order: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// What is played of <https://developer.squareup.com/reference/square/payouts-api/list-payout-entries>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryParams {
    sort_order: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// What has moved in one currency since the payout before.
struct Payout {
    /// The last day of it.
    date: Date,
    currency: String,
    moved: Vec<MovedRow>,
}

pub async fn list_payouts(
    app: Data<Sandbox>,
    _token: AccessToken,
    params: Query<ListParams>,
) -> Result<HttpResponse, SquareError> {
    let now = app.clock.now();
    let to = params.end_time.unwrap_or(now);
    let from = params.begin_time.unwrap_or(to - DAY);
    let mut payouts = made_until(&mut *app.db.conn().await?, now).await?;
    payouts.retain(|payout| (from..to).contains(&payout.created_at()));
    let (page, cursor) = page(payouts, params.sort_order.as_deref(), params.cursor.as_deref(), params.limit)?;
    let payouts: Vec<Value> = page.iter().map(Payout::object).collect();
    Ok(HttpResponse::Ok().json(with_cursor(json!({"payouts": payouts}), cursor)))
}

pub async fn list_payout_entries(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
    params: Query<EntryParams>,
) -> Result<HttpResponse, SquareError> {
    let made = made_until(&mut *app.db.conn().await?, app.clock.now()).await?;
    let payout = made.into_iter().find(|payout| payout.id() == *id);
    let payout = payout.ok_or_else(|| SquareError::not_found("The payout"))?;
    let entries: Vec<Value> = payout.moved.iter().map(|row| entry(&id, row)).collect();
    let (page, cursor) = page(entries, params.sort_order.as_deref(), params.cursor.as_deref(), params.limit)?;
    Ok(HttpResponse::Ok().json(with_cursor(json!({"payout_entries": page}), cursor)))
}

async fn made_until(conn: &mut Conn, now: Timestamp) -> Result<Vec<Payout>, SquareError> {
    let today = date(now).to_zoned(TimeZone::UTC).map_or(now, |midnight| midnight.timestamp());
    let mut days: BTreeMap<(Date, String), Vec<MovedRow>> = BTreeMap::new();
    for row in list_moved(conn, Provider::Square, (Timestamp::UNIX_EPOCH, today)).await? {
        days.entry((date(row.moved_at), row.currency.clone())).or_default().push(row);
    }
    // There is no payout of nothing: what sums to that waits for the next one.
    let (mut waiting, mut payouts): (BTreeMap<String, Vec<MovedRow>>, _) = (BTreeMap::new(), Vec::new());
    for ((date, currency), rows) in days {
        let mut moved = waiting.remove(&currency).unwrap_or_default();
        moved.extend(rows);
        let payout = Payout { date, currency, moved };
        if payout.amount() == 0 {
            waiting.insert(payout.currency, payout.moved);
        } else {
            payouts.push(payout);
        }
    }
    Ok(payouts)
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

impl Payout {
    fn id(&self) -> String {
        format!("po_{}_{}", self.date.strftime("%Y%m%d"), self.currency)
    }

    fn amount(&self) -> i64 {
        self.moved.iter().map(|row| row.amount).sum()
    }

    /// The midnight after.
    fn created_at(&self) -> Timestamp {
        self.date.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |midnight| midnight.timestamp() + DAY)
    }

    /// <https://developer.squareup.com/reference/square/objects/Payout>
    fn object(&self) -> Value {
        let created = instant(self.created_at());
        json!({
            "id": self.id(),
            "status": "PAID",
            "location_id": LOCATION,
            "created_at": created,
            "updated_at": created,
            "amount_money": money(self.amount(), &self.currency),
            "destination": {"type": "BANK_ACCOUNT", "id": "bact:SANDBOX"},
            "version": 1,
            "type": "BATCH",
            "payout_fee": [],
            "arrival_date": date(self.created_at()).to_string(),
        })
    }
}

/// <https://developer.squareup.com/reference/square/objects/PayoutEntry>
fn entry(payout_id: &str, row: &MovedRow) -> Value {
    let (activity, name, details) = match row.kind.as_str() {
        "charge" => ("CHARGE", "type_charge_details", json!({"payment_id": row.charge_id})),
        "refund" => ("REFUND", "type_refund_details", json!({"payment_id": row.charge_id, "refund_id": row.source})),
        "app_fee" => ("APP_FEE_REVENUE", "type_app_fee_revenue_details", json!({"payment_id": row.charge_id})),
        "app_fee_refund" => {
            let details = json!({"payment_id": row.charge_id, "refund_id": row.source});
            ("APP_FEE_REFUND", "type_app_fee_refund_details", details)
        }
        _ => ("DISPUTE", "type_dispute_details", json!({"payment_id": row.charge_id, "dispute_id": row.source})),
    };
    let amount = money(row.amount, &row.currency);
    let mut entry = json!({
        "id": format!("poe_{}_{}", row.kind, row.source),
        "payout_id": payout_id,
        "effective_at": instant(row.moved_at),
        "type": activity,
        "gross_amount_money": amount,
        "fee_amount_money": money(0, &row.currency),
        "net_amount_money": amount,
    });
    if let Some(entry) = entry.as_object_mut() {
        entry.insert(name.to_owned(), details);
    }
    entry
}

/// A page of what is in ascending order; the cursor is how many came before it.
fn page<T>(
    mut all: Vec<T>,
    order: Option<&str>,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<(Vec<T>, Option<String>), SquareError> {
    let limit = limit.unwrap_or(100);
    if !(1..=100).contains(&limit) {
        return Err(SquareError::invalid("VALUE_TOO_HIGH", "`limit` is 1 to 100.").field("limit"));
    }
    let skipped = cursor.map_or(Ok(0), |cursor| cursor.parse::<usize>());
    let skipped = skipped.map_err(|_| SquareError::invalid("INVALID_CURSOR", "Not a cursor.").field("cursor"))?;
    if order != Some("ASC") {
        all.reverse();
    }
    let has_more = all.len() > skipped + limit;
    let page = all.into_iter().skip(skipped).take(limit).collect();
    Ok((page, has_more.then(|| (skipped + limit).to_string())))
}

fn with_cursor(mut answer: Value, cursor: Option<String>) -> Value {
    if let (Some(cursor), Some(answer)) = (cursor, answer.as_object_mut()) {
        answer.insert("cursor".to_owned(), json!(cursor));
    }
    answer
}
