//! The table `refunds`. Who may see a refund is decided by its payment, which is found first.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{Currency, Money, PaymentId, RefundId, UserId};
use providers::Failure;
use store::{Conn, Error};

use super::{Refund, RefundCause};
use crate::{schema::refunds, stored, worklist::Worklist};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = refunds, treat_none_as_null = true)]
struct RefundRow {
    id: RefundId,
    payment_id: PaymentId,
    status: String,
    currency: Currency,
    amount: i64,
    cause: String,
    note: Option<String>,
    requested_by: Option<UserId>,
    unique_key: Option<String>,
    provider_refund_id: Option<String>,
    failure_code: Option<String>,
    failure_message: Option<String>,
    check_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
    application_fee: Option<i64>,
}

impl From<&Refund> for RefundRow {
    fn from(refund: &Refund) -> Self {
        Self {
            id: refund.id,
            payment_id: refund.payment_id,
            status: refund.status.as_str().to_owned(),
            currency: refund.amount.currency,
            amount: refund.amount.amount,
            cause: refund.cause.as_str().to_owned(),
            note: refund.note.clone(),
            requested_by: refund.requested_by,
            unique_key: refund.unique_key.clone(),
            provider_refund_id: refund.provider_refund_id.clone(),
            failure_code: refund.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: refund.failure.as_ref().map(|failure| failure.message.clone()),
            check_at: refund.check_at.to_diesel(),
            created_at: refund.created_at.to_diesel(),
            updated_at: refund.updated_at.to_diesel(),
            application_fee: refund.application_fee.map(|fee| fee.amount),
        }
    }
}

impl TryFrom<RefundRow> for Refund {
    type Error = Error;

    fn try_from(row: RefundRow) -> Result<Self, Error> {
        let message = row.failure_message.unwrap_or_default();
        Ok(Self {
            id: row.id,
            payment_id: row.payment_id,
            status: stored::parse("refunds.status", &row.status)?,
            amount: Money::new(row.amount, row.currency),
            cause: stored::parse("refunds.cause", &row.cause)?,
            note: row.note,
            requested_by: row.requested_by,
            unique_key: row.unique_key,
            provider_refund_id: row.provider_refund_id,
            failure: row.failure_code.map(|code| Failure { code, message }),
            check_at: row.check_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
            application_fee: row.application_fee.map(|fee| Money::new(fee, row.currency)),
        })
    }
}

pub async fn insert_refund(conn: &mut Conn, refund: &Refund) -> Result<(), Error> {
    diesel::insert_into(refunds::table).values(RefundRow::from(refund)).execute(conn).await?;
    Ok(())
}

/// Saves a refund whose payment this transaction has locked.
pub async fn update_refund(conn: &mut Conn, refund: &Refund) -> Result<(), Error> {
    let changed = diesel::update(refunds::table.find(refund.id)).set(RefundRow::from(refund)).execute(conn).await?;
    stored::exactly_one(changed)
}

pub async fn find_refund(conn: &mut Conn, id: RefundId) -> Result<Option<Refund>, Error> {
    let row = refunds::table.find(id).select(RefundRow::as_select()).first(conn).await.optional()?;
    row.map(Refund::try_from).transpose()
}

/// A refund of a payment by the provider's id.
pub async fn find_by_provider_refund(
    conn: &mut Conn,
    payment_id: PaymentId,
    provider_refund_id: &str,
) -> Result<Option<Refund>, Error> {
    let row = refunds::table
        .filter(refunds::payment_id.eq(payment_id))
        .filter(refunds::provider_refund_id.eq(provider_refund_id))
        .select(RefundRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Refund::try_from).transpose()
}

pub async fn has_unique_key(conn: &mut Conn, unique_key: &str) -> Result<bool, Error> {
    let with_key = refunds::table.filter(refunds::unique_key.eq(unique_key));
    Ok(diesel::select(diesel::dsl::exists(with_key)).get_result(conn).await?)
}

/// The refunds by cancellation of the given payments, whatever became of them.
pub async fn cancellation_refunds(conn: &mut Conn, payment_ids: &[PaymentId]) -> Result<Vec<(PaymentId, i64)>, Error> {
    let found = refunds::table
        .filter(refunds::payment_id.eq_any(payment_ids))
        .filter(refunds::cause.eq(RefundCause::Cancellation.as_str()))
        .select((refunds::payment_id, refunds::amount))
        .load(conn)
        .await?;
    Ok(found)
}

/// What was made under some keys.
pub async fn amounts_under(conn: &mut Conn, unique_keys: &[String]) -> Result<Vec<(PaymentId, i64)>, Error> {
    let found = refunds::table
        .filter(refunds::unique_key.eq_any(unique_keys))
        .select((refunds::payment_id, refunds::amount))
        .load(conn)
        .await?;
    Ok(found)
}

/// A payment's refunds, newest first, after the given key.
pub async fn list_refunds(
    conn: &mut Conn,
    payment_id: PaymentId,
    after: Option<(Timestamp, RefundId)>,
    limit: i64,
) -> Result<Vec<Refund>, Error> {
    let mut query = refunds::table
        .filter(refunds::payment_id.eq(payment_id))
        .select(RefundRow::as_select())
        .order((refunds::created_at.desc(), refunds::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((created_at, id)) = after {
        let created_at = created_at.to_diesel();
        let same_instant = refunds::created_at.eq(created_at).and(refunds::id.lt(id));
        query = query.filter(refunds::created_at.lt(created_at).or(same_instant));
    }
    let rows: Vec<RefundRow> = query.load(conn).await?;
    rows.into_iter().map(Refund::try_from).collect()
}

/// What waits for its next try need not wait any longer. Trying twice at the same time does no harm.
pub async fn retry_at_once(conn: &mut Conn, payment_id: PaymentId) -> Result<(), Error> {
    let waiting = refunds::table.filter(refunds::payment_id.eq(payment_id)).filter(refunds::status.eq("pending"));
    let no_instant = None::<jiff_diesel::Timestamp>;
    diesel::update(waiting).set(refunds::retry_at.eq(no_instant)).execute(conn).await?;
    Ok(())
}

/// Refunds that the provider has to be told of, or asked about.
pub const DISPATCHES: Worklist<RefundId> = Worklist {
    table: "refunds",
    id: "id",
    open: "status = 'pending'",
    due: "provider_refund_id IS NULL OR check_at <= $1",
    order: "created_at",
    planned: Some("check_at"),
    prefix: "",
    typed: RefundId::from_uuid,
};
