//! Payments that settle with a company: it has them at once, less the platform's fee. At Stripe the charge enters the platform's
//! balance and leaves it by a transfer, and the fee comes back from the company; at Square the charge is the seller's own.

use ::store::{Conn, Error};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ChargeRow, PaymentError, Provider, RefundRow, SessionRow, provider_id};
use crate::schema::{settlement_refunds, settlements};

/// Whom a session's payment settles with; kept in the session's detail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub account: String,
    pub fee: i64,
    pub group: Option<String>,
}

const DESTINATION: &str = "destination";

impl Destination {
    /// The detail of a session with this destination, or without one.
    pub fn into_detail(destination: Option<&Self>) -> Value {
        destination.map_or_else(|| json!({}), |destination| json!({DESTINATION: destination}))
    }

    pub fn of(session: &SessionRow) -> Option<Self> {
        Self::in_detail(&session.detail)
    }

    pub fn in_detail(detail: &Value) -> Option<Self> {
        serde_json::from_value(detail.get(DESTINATION)?.clone()).ok()
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlements)]
pub struct SettlementRow {
    pub charge_id: String,
    pub account_id: String,
    pub amount: i64,
    pub fee: i64,
    pub fee_returned: i64,
    pub currency: String,
    pub transfer_id: Option<String>,
    pub fee_id: Option<String>,
    pub transfer_group: Option<String>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = settlement_refunds)]
pub struct SettlementRefundRow {
    pub refund_id: String,
    pub charge_id: String,
    pub amount: i64,
    pub fee: i64,
    pub reversal_id: Option<String>,
    pub fee_refund_id: Option<String>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

/// What of a refund is not the platform's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GivenBack {
    /// The platform bears all of it.
    #[default]
    Nothing,
    /// The company gives the refund back to the platform, and perhaps the platform its fee to the company, in proportion.
    InProportion { fee: bool },
    /// The company bears it, and the platform gives so much of its fee.
    Fee(i64),
}

/// A payment that has succeeded reaches the company.
pub async fn settle_in_tx(conn: &mut Conn, session: &SessionRow, charge: &ChargeRow) -> Result<(), Error> {
    let Some(destination) = Destination::of(session) else { return Ok(()) };
    let at_stripe = session.provider() == Provider::Stripe;
    let row = SettlementRow {
        charge_id: charge.id.clone(),
        account_id: destination.account,
        amount: charge.amount,
        fee: destination.fee,
        fee_returned: 0,
        currency: charge.currency.clone(),
        transfer_id: at_stripe.then(|| provider_id("tr")),
        fee_id: (at_stripe && destination.fee > 0).then(|| provider_id("fee")),
        transfer_group: destination.group,
        created_at: charge.created_at,
    };
    diesel::insert_into(settlements::table).values(row).execute(conn).await?;
    Ok(())
}

/// What a refund takes from a settled payment, decided before anything is written: a refusal is an answer that is kept.
#[derive(Debug)]
pub struct Return {
    settled: SettlementRow,
    fee: i64,
}

/// Decides it for a refund of `amount` of a charge whose intent is locked; `None` where the platform bears all of it.
pub async fn decide_return(
    conn: &mut Conn,
    charge: &ChargeRow,
    (amount, wanted): (i64, GivenBack),
) -> Result<Option<Return>, PaymentError> {
    let fee_of = |settled: &SettlementRow| match wanted {
        GivenBack::Fee(fee) => fee,
        GivenBack::InProportion { fee: true } => {
            in_proportion(settled, charge.amount_refunded + amount) - settled.fee_returned
        }
        GivenBack::InProportion { fee: false } | GivenBack::Nothing => 0,
    };
    if wanted == GivenBack::Nothing {
        return Ok(None);
    }
    let settled = find_settlement(conn, &charge.id).await?.ok_or(PaymentError::NotSettled)?;
    let fee = fee_of(&settled);
    if fee < 0 || settled.fee_returned + fee > settled.fee || fee > amount {
        return Err(PaymentError::NotSettled);
    }
    Ok(Some(Return { settled, fee }))
}

/// Moves back what the company and the platform's fee give to a refund.
pub async fn give_back_in_tx(conn: &mut Conn, back: Return, refund: &RefundRow) -> Result<(), Error> {
    let Return { settled, fee } = back;
    let returned = settlements::fee_returned.eq(settled.fee_returned + fee);
    diesel::update(settlements::table.find(&settled.charge_id)).set(returned).execute(conn).await?;
    let row = SettlementRefundRow {
        refund_id: refund.id.clone(),
        charge_id: settled.charge_id,
        amount: refund.amount,
        fee,
        reversal_id: settled.transfer_id.map(|_| provider_id("trr")),
        fee_refund_id: settled.fee_id.filter(|_| fee > 0).map(|_| provider_id("fr")),
        created_at: refund.created_at,
    };
    diesel::insert_into(settlement_refunds::table).values(row).execute(conn).await?;
    Ok(())
}

/// What of the fee has gone back once so much of the charge has, rounded half-up.
fn in_proportion(settled: &SettlementRow, refunded: i64) -> i64 {
    let (fee, refunded, amount) = (i128::from(settled.fee), i128::from(refunded), i128::from(settled.amount));
    i64::try_from((2 * fee * refunded + amount) / (2 * amount)).unwrap_or(settled.fee)
}

pub async fn find_settlement(conn: &mut Conn, charge_id: &str) -> Result<Option<SettlementRow>, Error> {
    let row = settlements::table.find(charge_id).select(SettlementRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

/// By the id of its transfer or its fee, with what has been given back of it.
pub async fn find_moved(conn: &mut Conn, id: &str) -> Result<Option<(SettlementRow, Vec<SettlementRefundRow>)>, Error> {
    let moved = settlements::transfer_id.eq(id).or(settlements::fee_id.eq(id));
    let row = settlements::table.filter(moved).select(SettlementRow::as_select()).first(conn).await.optional()?;
    let Some(row) = row else { return Ok(None) };
    let refunds = settlement_refunds::table
        .filter(settlement_refunds::charge_id.eq(&row.charge_id))
        .order((settlement_refunds::created_at.desc(), settlement_refunds::refund_id.desc()))
        .select(SettlementRefundRow::as_select())
        .load(conn)
        .await?;
    Ok(Some((row, refunds)))
}

/// By the id of the transfer's reversal or of the fee's refund.
pub async fn find_given_back(conn: &mut Conn, id: &str) -> Result<Option<(SettlementRow, SettlementRefundRow)>, Error> {
    let given = settlement_refunds::reversal_id.eq(id).or(settlement_refunds::fee_refund_id.eq(id));
    let row = settlement_refunds::table
        .inner_join(settlements::table)
        .filter(given)
        .select((SettlementRow::as_select(), SettlementRefundRow::as_select()))
        .first(conn)
        .await;
    Ok(row.optional()?)
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What a company has of its settled payments.
pub async fn settled_balance(conn: &mut Conn, account_id: &str) -> Result<i64, Error> {
    let balance: Amount = diesel::sql_query(
        "SELECT coalesce(sum(s.amount - s.fee - coalesce(r.back, 0)), 0)::bigint AS amount FROM settlements s \
         LEFT JOIN (SELECT charge_id, sum(amount - fee) AS back FROM settlement_refunds GROUP BY charge_id) r \
             ON r.charge_id = s.charge_id \
         WHERE s.account_id = $1",
    )
    .bind::<Text, _>(account_id)
    .get_result(conn)
    .await?;
    Ok(balance.amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_goes_back_in_proportion_to_the_running_total() {
        let settled = SettlementRow {
            charge_id: "ch_1".into(),
            account_id: "acct_1".into(),
            amount: 10_710,
            fee: 1_071,
            fee_returned: 0,
            currency: "eur".into(),
            transfer_id: None,
            fee_id: None,
            transfer_group: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        for (refunded, back) in [(0, 0), (4, 0), (5, 1), (3_570, 357), (5_355, 536), (10_710, 1_071)] {
            assert_eq!(in_proportion(&settled, refunded), back, "{refunded}");
        }
    }
}
