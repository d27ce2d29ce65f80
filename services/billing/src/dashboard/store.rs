//! What is under way.

use diesel::{QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use kernel::Currency;
use store::{Conn, Error};

use crate::{payments::PaymentStatus, stored};

/// Payments of one currency that are not over.
#[derive(Debug, Clone, Copy)]
pub struct OpenSum {
    pub currency: Currency,
    pub status: PaymentStatus,
    pub count: i64,
    pub amount: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Text)]
    currency: Currency,
    #[diesel(sql_type = sql_types::Text)]
    status: String,
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    amount: i64,
}

/// Of every company, by currency and status.
pub async fn sum_open_payments(conn: &mut Conn) -> Result<Vec<OpenSum>, Error> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT currency, status, count(*) AS count, sum(amount)::bigint AS amount
         FROM payments WHERE status IN ('pending', 'processing', 'authorized') GROUP BY currency, status ORDER BY currency, status",
    )
    .load(conn)
    .await?;
    let typed = |row: Row| {
        let status = stored::parse("payments.status", &row.status)?;
        Ok(OpenSum { currency: row.currency, status, count: row.count, amount: row.amount })
    };
    rows.into_iter().map(typed).collect()
}
