//! `/v1/reporting/transactions`: what has moved on the platform's account.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AccessToken, PaypalError, amounts::money};
use crate::{
    payments::{
        Provider,
        movements::{MovedRow, list_moved},
    },
    state::Sandbox,
};

/// What is played of <https://developer.paypal.com/docs/api/transaction-search/v1/#transactions_get>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchParams {
    start_date: String,
    end_date: String,
    #[serde(default = "default_fields")]
    fields: String,
    #[serde(rename = "balance_affecting_records_only")]
    _balance_affecting_records_only: Option<String>,
    #[serde(default = "default_page_size")]
    page_size: usize,
    #[serde(default = "first_page")]
    page: usize,
}

fn default_fields() -> String {
    "transaction_info".to_owned()
}

const fn default_page_size() -> usize {
    100
}

const fn first_page() -> usize {
    1
}

const LONGEST_SPAN: SignedDuration = SignedDuration::from_hours(31 * 24);

pub async fn search_transactions(
    app: Data<Sandbox>,
    _token: AccessToken,
    params: Query<SearchParams>,
) -> Result<HttpResponse, PaypalError> {
    let span = span(&params)?;
    if !(1..=500).contains(&params.page_size) || params.page == 0 || params.fields != "transaction_info" {
        return Err(PaypalError::bad_request("A page, its size or the fields are not played.".to_owned()));
    }
    let mut conn = app.db.conn().await?;
    let rows = list_moved(&mut conn, Provider::Paypal, span).await?;
    let pages: Vec<&[MovedRow]> = rows.chunks(params.page_size).collect();
    let shown = pages.get(params.page - 1).copied().unwrap_or_default();
    Ok(HttpResponse::Ok().json(json!({
        "transaction_details": shown.iter().map(|row| json!({"transaction_info": info(row)})).collect::<Vec<_>>(),
        "account_number": "MSANDBOX",
        "start_date": instant(span.0),
        "end_date": instant(span.1),
        "last_refreshed_datetime": instant(app.clock.now()),
        "page": params.page,
        "total_items": rows.len(),
        "total_pages": pages.len(),
        "links": [],
    })))
}

fn span(params: &SearchParams) -> Result<(Timestamp, Timestamp), PaypalError> {
    let read = |text: &str| text.parse().map_err(|_| PaypalError::bad_request(format!("{text} is no date.")));
    let (from, to): (Timestamp, Timestamp) = (read(&params.start_date)?, read(&params.end_date)?);
    if to < from || to.duration_since(from) > LONGEST_SPAN {
        return Err(PaypalError::bad_request("Date range is greater than 31 days".to_owned()));
    }
    Ok((from, to))
}

/// As PayPal writes instants here.
fn instant(at: Timestamp) -> String {
    format!("{at:.0}").replace('Z', "+0000")
}

/// <https://developer.paypal.com/docs/transaction-search/transaction-event-codes/>
fn info(row: &MovedRow) -> Value {
    let (code, id) = match row.kind.as_str() {
        "charge" => ("T0006", row.source.clone()),
        "refund" => ("T1107", row.source.clone()),
        "payout" => ("T0001", row.source.clone()),
        "payout_fee" => ("T0104", row.source.clone()),
        "payout_return" => ("T1115", row.source.clone()),
        // A dispute's movements have ids of their own, and name the payment.
        "dispute" => ("T1110", format!("H{}", row.charge_id.chars().skip(1).collect::<String>())),
        _ => ("T1111", format!("R{}", row.charge_id.chars().skip(1).collect::<String>())),
    };
    let mut info = json!({
        "paypal_account_id": "PAYERSANDBOX1",
        "transaction_id": id,
        "transaction_event_code": code,
        "transaction_initiation_date": instant(row.moved_at),
        "transaction_updated_date": instant(row.moved_at),
        "transaction_amount": money(row.amount, &row.currency),
        "fee_amount": money(0, &row.currency),
        "transaction_status": "S",
        "protection_eligibility": "02",
    });
    if let Some(info) = info.as_object_mut() {
        if let Some(reference) = &row.reference {
            info.insert("custom_field".to_owned(), json!(reference));
        }
        if !matches!(row.kind.as_str(), "charge" | "payout") {
            info.insert("paypal_reference_id".to_owned(), json!(row.charge_id));
            info.insert("paypal_reference_id_type".to_owned(), json!("TXN"));
        }
    }
    info
}
