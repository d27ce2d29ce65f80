//! Payments of all companies: for the platform's administrators only.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryableByName, SelectableHelper,
    sql_types::{Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::PaymentId;
use store::{Conn, Error};
use uuid::Uuid;

use super::model::{TransactionFilter, TransactionStatus};
use crate::{
    payments::{
        Payment,
        store::{PaymentRow, of_rows},
    },
    schema::{payment_sessions, payments},
    sessions::{Session, store::SessionRow},
};

/// Newest first, after the given key.
pub async fn list_transactions(
    conn: &mut Conn,
    filter: &TransactionFilter,
    after: Option<(Timestamp, PaymentId)>,
    limit: i64,
) -> Result<Vec<(Payment, Session)>, Error> {
    let mut query = payments::table
        .inner_join(payment_sessions::table)
        .select((PaymentRow::as_select(), SessionRow::as_select()))
        .order((payments::created_at.desc(), payments::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(status) = filter.status {
        let stored = status.stored().iter().map(|status| status.as_str());
        query = query.filter(payments::status.eq_any(stored));
        query = match status {
            TransactionStatus::Succeeded => query.filter(payments::amount_refunded.eq(0)),
            TransactionStatus::PartiallyRefunded => query
                .filter(payments::amount_refunded.gt(0).and(payments::amount_refunded.lt(payments::amount_captured))),
            TransactionStatus::Refunded => query
                .filter(payments::amount_refunded.gt(0).and(payments::amount_refunded.ge(payments::amount_captured))),
            _ => query,
        };
    }
    if let Some(provider) = filter.provider {
        query = query.filter(payments::provider.eq(provider.as_str()));
    }
    if let Some(company_id) = filter.company_id {
        query = query.filter(payments::company_id.eq(company_id));
    }
    if let Some(customer_id) = filter.customer_id {
        query = query.filter(payments::customer_user_id.eq(customer_id));
    }
    if let Some(currency) = filter.currency {
        query = query.filter(payments::currency.eq(currency));
    }
    if let Some(least) = filter.amount_from {
        query = query.filter(payments::amount.ge(least));
    }
    if let Some(most) = filter.amount_to {
        query = query.filter(payments::amount.le(most));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(payments::created_at.ge(from.to_diesel()));
    }
    if let Some(until) = filter.created_until {
        query = query.filter(payments::created_at.lt(until.to_diesel()));
    }
    if let Some(named) = &filter.named {
        query = query.filter(payments::id.eq_any(named));
    }
    if let Some((created_at, id)) = after {
        let created_at = created_at.to_diesel();
        let same_instant = payments::created_at.eq(created_at).and(payments::id.lt(id));
        query = query.filter(payments::created_at.lt(created_at).or(same_instant));
    }
    let rows: Vec<(PaymentRow, SessionRow)> = query.load(conn).await?;
    of_rows(conn, rows).await
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    id: PaymentId,
}

/// Each by an index of its own. More payments than that a booking never has.
const NAMED: &str = "
    SELECT id FROM payments WHERE provider IN ('stripe', 'square', 'paypal') AND provider_payment_id = $1
    UNION SELECT payment_id FROM payment_sessions WHERE provider_session_id = $1
    UNION SELECT payment_id FROM refunds WHERE provider_refund_id = $1
    UNION SELECT payment_id FROM disputes WHERE provider IN ('stripe', 'square', 'paypal') AND provider_dispute_id = $1
    UNION SELECT id FROM payments WHERE id = $2
    UNION SELECT id FROM payments WHERE payable_kind = 'booking' AND payable_id = $2
    UNION SELECT payment_id FROM refunds WHERE id = $2
    UNION SELECT payment_id FROM disputes WHERE id = $2
    UNION SELECT payment_id FROM receipts WHERE id = $2
    LIMIT 500";

/// The payments that a provider's id names, or one of ours.
pub async fn find_named(conn: &mut Conn, text: &str, own_id: Option<Uuid>) -> Result<Vec<PaymentId>, Error> {
    let query = diesel::sql_query(NAMED).bind::<Text, _>(text).bind::<Nullable<SqlUuid>, _>(own_id);
    let rows: Vec<Named> = query.load(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
