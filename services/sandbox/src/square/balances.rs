//! What merchants have at Square, which has no such call: for whoever compares it with a book.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use problem::Problem;
use serde_json::json;
use store::{Conn, Error};

use super::MERCHANT;
use crate::{payments::settlements::settled_balance, state::Sandbox};

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// `GET /sandbox/square/balances/{merchant_id}`, in euro cents; `MLSANDBOX` is the platform.
pub async fn read_balance(app: Data<Sandbox>, merchant_id: Path<String>) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let amount = match merchant_id.as_str() {
        MERCHANT => platform_balance(&mut conn).await?,
        seller => settled_balance(&mut conn, seller).await?,
    };
    Ok(HttpResponse::Ok().json(json!({"amount": amount, "currency": "EUR"})))
}

/// Its own sales, less what went back of them and what is disputed, and its fees of what others sold.
async fn platform_balance(conn: &mut Conn) -> Result<i64, Error> {
    let query = "
        WITH own AS (
            SELECT c.* FROM charges c JOIN intents i ON i.id = c.intent_id JOIN sessions s ON s.id = i.session_id
            WHERE s.provider = $1 AND c.status = 'succeeded' AND c.currency = 'eur'
              AND NOT EXISTS (SELECT FROM settlements t WHERE t.charge_id = c.id)
        )
        SELECT (coalesce((SELECT sum(amount - amount_refunded) FROM own), 0)
            - coalesce((SELECT sum(d.amount) FROM disputes d JOIN own ON own.id = d.charge_id WHERE d.status <> 'won'), 0)
            + coalesce((SELECT sum(fee - fee_returned) FROM settlements WHERE transfer_id IS NULL), 0))::bigint AS amount";
    Ok(diesel::sql_query(query).bind::<Text, _>("square").get_result::<Amount>(conn).await?.amount)
}
