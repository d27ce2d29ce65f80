//! The table `refunds`. Who may see a refund is decided by its payment, which is found first.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{Currency, Money, PaymentId, RefundId, UserId};
use providers::Failure;
use store::{Conn, Error};

use super::{Refund, RefundCause, RefundStatus};
use crate::{schema::refunds, stored};

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

/// Takes up to `limit` refunds that the provider has to be told of, or asked about, for this process alone until
/// `lease_until`. `now` is the Clock's, the other instants are real time.
pub async fn claim_dispatches(
    conn: &mut Conn,
    now: Timestamp,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(RefundId, i32)>, Error> {
    let is_due = refunds::provider_refund_id.is_null().or(refunds::check_at.le(now.to_diesel()));
    let is_free = refunds::retry_at.is_null().or(refunds::retry_at.le(real_now.to_diesel()));
    let ids: Vec<RefundId> = refunds::table
        .filter(refunds::status.eq(RefundStatus::Pending.as_str()))
        .filter(is_due)
        .filter(is_free)
        .order(refunds::created_at)
        .limit(limit)
        .select(refunds::id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(refunds::table.filter(refunds::id.eq_any(ids)))
        .set((refunds::retry_at.eq(lease_until.to_diesel()), refunds::retries.eq(refunds::retries + 1)))
        .returning((refunds::id, refunds::retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

/// The provider has answered: what comes next is planned by the Clock, or nothing.
pub async fn finish_dispatch(conn: &mut Conn, id: RefundId) -> Result<(), Error> {
    let finished = (refunds::retry_at.eq(None::<jiff_diesel::Timestamp>), refunds::retries.eq(0));
    let changed = diesel::update(refunds::table.find(id)).set(finished).execute(conn).await?;
    stored::exactly_one(changed)
}

/// The provider has not answered: it is called again at `retry_at`, by real time.
pub async fn postpone_dispatch(conn: &mut Conn, id: RefundId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = refunds::retry_at.eq(retry_at.to_diesel());
    let changed = diesel::update(refunds::table.find(id)).set(postponed).execute(conn).await?;
    stored::exactly_one(changed)
}

/// The earliest planned question about a refund; calls being repeated are not planned.
pub async fn next_check_due(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let earliest: NullableTimestamp = refunds::table
        .filter(refunds::status.eq(RefundStatus::Pending.as_str()))
        .filter(refunds::retry_at.is_null())
        .select(diesel::dsl::min(refunds::check_at))
        .first(conn)
        .await?;
    Ok(earliest.to_jiff())
}
