//! What has moved on the platform's own balance at a provider: charges, refunds, disputes until they are won, what the platform
//! keeps of charges that are a seller's own, and PayPal's payouts with their fees. Fees for processing payments are not played.

use ::store::{Conn, Error};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::Provider;

#[derive(Debug, Clone, QueryableByName)]
pub struct MovedRow {
    /// `charge`, `refund`, `dispute`, `dispute_return`, `app_fee`, `app_fee_refund`, `payout`, `payout_fee` or `payout_return`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The charge, the refund or the dispute; of payouts an id of the movement's own.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// The charge that it is about, or the movement by which a payout left.
    #[diesel(sql_type = Text)]
    pub charge_id: String,
    /// What the platform calls it, where the provider was told.
    #[diesel(sql_type = Nullable<Text>)]
    pub reference: Option<String>,
    /// Below zero for money that goes.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    #[diesel(sql_type = Text)]
    pub currency: String,
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub moved_at: Timestamp,
}

/// Those of a span, the oldest first. What is given an id here begins with a letter that no other id of PayPal's begins with:
/// those are hexadecimal.
pub async fn list_moved(
    conn: &mut Conn,
    provider: Provider,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<MovedRow>, Error> {
    let query = diesel::sql_query(
        "WITH paid AS (
             SELECT c.*, s.client_reference_id AS reference
             FROM charges c JOIN intents i ON i.id = c.intent_id JOIN sessions s ON s.id = i.session_id
             WHERE s.provider = $1 AND c.status = 'succeeded'
         ), own AS (
             SELECT * FROM paid WHERE NOT EXISTS (SELECT FROM settlements t WHERE t.charge_id = paid.id)
         ), moved (kind, source, charge_id, reference, amount, currency, moved_at) AS (
             SELECT 'charge', id, id, reference, amount, currency, created_at FROM own
             UNION ALL
             SELECT 'refund', r.id, own.id, r.metadata ->> 'custom_id', -r.amount, r.currency, r.created_at
             FROM refunds r JOIN own ON own.id = r.charge_id
             UNION ALL
             SELECT 'dispute', d.id, own.id, NULL, -d.amount, d.currency, d.created_at
             FROM disputes d JOIN own ON own.id = d.charge_id
             UNION ALL
             SELECT 'dispute_return', d.id, own.id, NULL, d.amount, d.currency, d.decided_at
             FROM disputes d JOIN own ON own.id = d.charge_id WHERE d.status = 'won'
             UNION ALL
             SELECT 'app_fee', t.charge_id, t.charge_id, NULL, t.fee, t.currency, t.created_at
             FROM settlements t JOIN paid ON paid.id = t.charge_id WHERE t.fee > 0
             UNION ALL
             SELECT 'app_fee_refund', r.refund_id, r.charge_id, NULL, -r.fee, paid.currency, r.created_at
             FROM settlement_refunds r JOIN paid ON paid.id = r.charge_id WHERE r.fee > 0
             UNION ALL
             SELECT 'payout', transaction_id, transaction_id, sender_item_id, -amount, currency, sent_at
             FROM paypal_payouts WHERE $1 = 'paypal' AND sent_at IS NOT NULL
             UNION ALL
             SELECT 'payout_fee', 'Q' || right(transaction_id, 16), transaction_id, NULL, -fee, currency, sent_at
             FROM paypal_payouts WHERE $1 = 'paypal' AND sent_at IS NOT NULL AND fee > 0
             UNION ALL
             SELECT 'payout_return', 'S' || right(transaction_id, 16), transaction_id, NULL, amount, currency, returned_at
             FROM paypal_payouts WHERE $1 = 'paypal' AND returned_at IS NOT NULL
         )
         SELECT * FROM moved WHERE moved_at >= $2 AND moved_at < $3 ORDER BY moved_at, kind, source",
    );
    Ok(query
        .bind::<Text, _>(provider.as_str())
        .bind::<Timestamptz, _>(from.to_diesel())
        .bind::<Timestamptz, _>(to.to_diesel())
        .load(conn)
        .await?)
}
