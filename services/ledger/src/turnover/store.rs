//! Sums over the transfers of a span of time.

use diesel::{QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::Currency;
use store::{Conn, Error};

use super::model::DaySum;
use crate::transfers::TransferKind;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Date)]
    day: jiff_diesel::Date,
    #[diesel(sql_type = sql_types::Text)]
    currency: Currency,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    amount: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    commission: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    tax: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    provider_fees: i64,
}

/// Of what took effect from the first instant on and before the second. A reversal counts against what it reverses, on
/// the day that it takes effect; its entries have the other sign already.
pub async fn day_sums(conn: &mut Conn, (from, to): (Timestamp, Timestamp)) -> Result<Vec<DaySum>, Error> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT (t.effective_at AT TIME ZONE 'UTC')::date AS day, e.currency, coalesce(o.kind, t.kind) AS kind,
             count(DISTINCT t.id) FILTER (WHERE o.id IS NULL) - count(DISTINCT t.id) FILTER (WHERE o.id IS NOT NULL)
                 AS count,
             sum(CASE WHEN o.id IS NULL THEN greatest(e.amount, 0) ELSE least(e.amount, 0) END)::bigint AS amount,
             coalesce(-sum(e.amount) FILTER (WHERE a.code = 'income:commission'), 0)::bigint AS commission,
             coalesce(-sum(e.amount) FILTER (WHERE a.code LIKE 'liabilities:tax:%'), 0)::bigint AS tax,
             coalesce(sum(e.amount) FILTER (WHERE a.code = 'expense:provider_fees'), 0)::bigint AS provider_fees
         FROM transfers t
         JOIN entries e ON e.transfer_id = t.id
         JOIN accounts a ON a.id = e.account_id
         LEFT JOIN transfers o ON o.id = t.reverses
         WHERE t.effective_at >= $1 AND t.effective_at < $2
         GROUP BY 1, 2, 3",
    )
    .bind::<sql_types::Timestamptz, _>(from.to_diesel())
    .bind::<sql_types::Timestamptz, _>(to.to_diesel())
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(DaySum::from).collect())
}

impl From<Row> for DaySum {
    fn from(row: Row) -> Self {
        Self {
            day: row.day.to_jiff(),
            currency: row.currency,
            kind: TransferKind::ALL.iter().copied().find(|kind| kind.as_str() == row.kind),
            count: row.count,
            amount: row.amount,
            commission: row.commission,
            tax: row.tax,
            provider_fees: row.provider_fees,
        }
    }
}
