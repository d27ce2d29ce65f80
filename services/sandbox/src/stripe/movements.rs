//! What has moved on the platform's own balance: every payment, refund, dispute, transfer, fee and its way back, in order.
//! Stripe's processing fees are not played; what it takes for a dispute is.

use ::store::{Conn, Error};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::objects::DISPUTE_FEE;

#[derive(Debug, Clone, QueryableByName)]
pub struct MovementRow {
    #[diesel(sql_type = Text)]
    pub id: String,
    /// Stripe's `type` and `reporting_category`, with a space between.
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = BigInt)]
    pub fee: i64,
    #[diesel(sql_type = Text)]
    pub currency: String,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

const MOVED: &str = "
    WITH paid AS (
        SELECT c.* FROM charges c JOIN intents i ON i.id = c.intent_id JOIN sessions s ON s.id = i.session_id
        WHERE s.provider = 'stripe' AND c.captured_at IS NOT NULL
    ), moved (id, kind, source, amount, fee, currency, created_at) AS (
        SELECT 'txn_' || substr(id, 4), 'charge charge', id, amount_captured, 0::bigint, currency, captured_at FROM paid
        UNION ALL
        SELECT 'txn_' || substr(r.id, 4), 'refund refund', r.id, -r.amount, 0, r.currency, r.created_at
        FROM refunds r JOIN paid ON paid.id = r.charge_id
        UNION ALL
        SELECT 'txn_back' || substr(r.id, 4), 'refund_failure refund_failure', r.id, r.amount, 0, r.currency, r.failed_at
        FROM refunds r JOIN paid ON paid.id = r.charge_id WHERE r.failed_at IS NOT NULL
        UNION ALL
        SELECT 'txn_' || substr(d.id, 4), 'adjustment dispute', d.id, -d.amount, $1, d.currency, d.created_at
        FROM disputes d JOIN paid ON paid.id = d.charge_id
        UNION ALL
        SELECT 'txn_back' || substr(d.id, 4), 'adjustment dispute_reversal', d.id, d.amount, 0, d.currency, d.decided_at
        FROM disputes d JOIN paid ON paid.id = d.charge_id WHERE d.status = 'won'
        UNION ALL
        SELECT 'txn_' || substr(id, 4), 'transfer transfer', id, -amount, 0, currency, created_at FROM connect_transfers
        UNION ALL
        SELECT 'txn_' || substr(reversal_id, 5), 'transfer_refund transfer_reversal', reversal_id, amount, 0, currency, reversed_at
        FROM connect_transfers WHERE reversal_id IS NOT NULL
        UNION ALL
        SELECT 'txn_' || substr(transfer_id, 4), 'transfer transfer', transfer_id, -amount, 0, currency, created_at
        FROM settlements WHERE transfer_id IS NOT NULL
        UNION ALL
        SELECT 'txn_' || substr(fee_id, 5), 'application_fee platform_earning', fee_id, fee, 0, currency, created_at
        FROM settlements WHERE fee_id IS NOT NULL
        UNION ALL
        SELECT 'txn_' || substr(r.reversal_id, 5), 'transfer_refund transfer_reversal', r.reversal_id, r.amount, 0, s.currency,
               r.created_at
        FROM settlement_refunds r JOIN settlements s ON s.charge_id = r.charge_id WHERE r.reversal_id IS NOT NULL
        UNION ALL
        SELECT 'txn_' || substr(r.fee_refund_id, 4), 'application_fee_refund platform_earning_refund', r.fee_refund_id, -r.fee, 0,
               s.currency, r.created_at
        FROM settlement_refunds r JOIN settlements s ON s.charge_id = r.charge_id WHERE r.fee_refund_id IS NOT NULL
    )";

/// Those of a span, the newest first; of one of Stripe's types, and after the one of an id, where these are given.
pub async fn list_movements(
    conn: &mut Conn,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    (of, after): (Option<&str>, Option<&str>),
    limit: i64,
) -> Result<Vec<MovementRow>, Error> {
    let query = format!(
        "{MOVED} SELECT * FROM moved WHERE created_at >= coalesce($2, '-infinity') AND created_at < coalesce($3, 'infinity') \
         AND ($4 IS NULL OR (created_at, id) < (SELECT created_at, id FROM moved WHERE id = $4)) \
         AND ($6 IS NULL OR split_part(kind, ' ', 1) = $6) ORDER BY created_at DESC, id DESC LIMIT $5"
    );
    Ok(diesel::sql_query(query)
        .bind::<BigInt, _>(DISPUTE_FEE)
        .bind::<Nullable<Timestamptz>, _>(from.map(ToDiesel::to_diesel))
        .bind::<Nullable<Timestamptz>, _>(to.map(ToDiesel::to_diesel))
        .bind::<Nullable<Text>, _>(after)
        .bind::<BigInt, _>(limit)
        .bind::<Nullable<Text>, _>(of)
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What the platform itself has at Stripe in a currency. Others who ask wait until the transaction ends.
pub async fn platform_balance(conn: &mut Conn, currency: &str) -> Result<i64, Error> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext('platform balance'))").execute(conn).await?;
    let query =
        format!("{MOVED} SELECT coalesce(sum(amount - fee), 0)::bigint AS amount FROM moved WHERE currency = $2");
    let query = diesel::sql_query(query).bind::<BigInt, _>(DISPUTE_FEE).bind::<Text, _>(currency);
    Ok(query.get_result::<Amount>(conn).await?.amount)
}
