//! Our ids of what providers know by theirs, and how far each has come.

use std::collections::BTreeMap;

use diesel::{BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::{DisputeId, PaymentId, PayoutId, RefundId};
use providers::ProviderName;
use store::{Conn, Error};

use crate::{
    disputes::model::DisputeStatus,
    refunds::RefundStatus,
    schema::{disputes, payments, payouts, refunds},
    stored,
};

/// Payments by the provider's ids.
pub async fn payments_by_provider_id(
    conn: &mut Conn,
    provider: ProviderName,
    ids: &[&str],
) -> Result<BTreeMap<String, PaymentId>, Error> {
    let rows: Vec<(String, PaymentId)> = payments::table
        .filter(payments::provider.eq(provider.as_str()))
        .filter(payments::provider_payment_id.eq_any(ids))
        .select((payments::provider_payment_id.assume_not_null(), payments::id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Payouts by what the provider's statements call them.
pub async fn payouts_by_movement(
    conn: &mut Conn,
    provider: ProviderName,
    ids: &[&str],
) -> Result<BTreeMap<String, PayoutId>, Error> {
    let rows: Vec<(String, PayoutId)> = payouts::table
        .filter(payouts::provider.eq(provider.as_str()))
        .filter(payouts::movement_id.eq_any(ids))
        .select((payouts::movement_id.assume_not_null(), payouts::id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Refunds of a provider's payments by the provider's ids.
pub async fn refunds_by_provider_id(
    conn: &mut Conn,
    provider: ProviderName,
    ids: &[&str],
) -> Result<BTreeMap<String, (RefundId, RefundStatus)>, Error> {
    let rows: Vec<(String, RefundId, String)> = refunds::table
        .inner_join(payments::table)
        .filter(payments::provider.eq(provider.as_str()))
        .filter(refunds::provider_refund_id.eq_any(ids))
        .select((refunds::provider_refund_id.assume_not_null(), refunds::id, refunds::status))
        .load(conn)
        .await?;
    let typed = |(theirs, id, status): (String, RefundId, String)| {
        Ok((theirs, (id, stored::parse("refunds.status", &status)?)))
    };
    rows.into_iter().map(typed).collect()
}

/// Disputes by the provider's ids of them, or of the payments that they are about: PayPal names those.
pub async fn disputes_by_provider_id(
    conn: &mut Conn,
    provider: ProviderName,
    ids: &[&str],
) -> Result<BTreeMap<String, (DisputeId, DisputeStatus)>, Error> {
    let rows: Vec<(String, Option<String>, DisputeId, String)> = disputes::table
        .inner_join(payments::table)
        .filter(disputes::provider.eq(provider.as_str()))
        .filter(
            disputes::provider_dispute_id.eq_any(ids).or(payments::provider_payment_id.assume_not_null().eq_any(ids)),
        )
        .select((disputes::provider_dispute_id, payments::provider_payment_id, disputes::id, disputes::status))
        .load(conn)
        .await?;
    let mut known = BTreeMap::new();
    for (dispute, payment, id, status) in rows {
        let status: DisputeStatus = stored::parse("disputes.status", &status)?;
        known.extend([Some(dispute), payment].into_iter().flatten().map(|name| (name, (id, status))));
    }
    Ok(known)
}
