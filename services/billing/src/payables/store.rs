//! The table `payables`. Payables are found by reference; whether the caller may see one is decided by its customer.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, query_dsl::methods,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, UserId};
use store::{Conn, Error, sql::Prepare};
use uuid::Uuid;

use super::{Payable, PayableRef, model::PaidHere};
use crate::{
    schema::{payables, payments},
    stored,
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = payables, primary_key(kind, id), treat_none_as_null = true)]
struct PayableRow {
    kind: String,
    id: Uuid,
    version: i64,
    state: String,
    company_id: CompanyId,
    company_country: String,
    customer_user_id: Option<UserId>,
    description: String,
    currency: Currency,
    subtotal: i64,
    total: i64,
    deposit_due: i64,
    amount_paid: i64,
    credited: i64,
    expires_at: NullableTimestamp,
    updated_at: jiff_diesel::Timestamp,
    ends_at: NullableTimestamp,
    starts_at: NullableTimestamp,
}

impl PayableRow {
    fn of(payable: &Payable, now: Timestamp) -> Self {
        Self {
            kind: payable.reference.kind().to_owned(),
            id: payable.reference.uuid(),
            version: payable.version,
            state: payable.state.as_str().to_owned(),
            company_id: payable.company_id,
            company_country: payable.company_country.clone(),
            customer_user_id: payable.customer_user_id,
            description: payable.description.clone(),
            currency: payable.currency,
            subtotal: payable.subtotal,
            total: payable.total,
            deposit_due: payable.deposit_due,
            amount_paid: payable.amount_paid,
            credited: payable.credited,
            expires_at: payable.expires_at.to_diesel(),
            updated_at: now.to_diesel(),
            ends_at: payable.ends_at.to_diesel(),
            starts_at: payable.starts_at.to_diesel(),
        }
    }
}

impl TryFrom<PayableRow> for Payable {
    type Error = Error;

    fn try_from(row: PayableRow) -> Result<Self, Error> {
        let reference = PayableRef::from_parts(&row.kind, row.id);
        Ok(Self {
            reference: reference.map_err(|error| stored::unreadable("payables.kind", &error))?,
            version: row.version,
            state: stored::parse("payables.state", &row.state)?,
            company_id: row.company_id,
            company_country: row.company_country,
            customer_user_id: row.customer_user_id,
            description: row.description,
            currency: row.currency,
            subtotal: row.subtotal,
            total: row.total,
            deposit_due: row.deposit_due,
            amount_paid: row.amount_paid,
            credited: row.credited,
            expires_at: row.expires_at.to_jiff(),
            starts_at: row.starts_at.to_jiff(),
            ends_at: row.ends_at.to_jiff(),
        })
    }
}

/// Inserts, or overwrites an older version, and answers the row as it stands then, locked; a version that is known
/// already changes nothing.
pub async fn upsert_newer(conn: &mut Conn, payable: &Payable, now: Timestamp) -> Result<Payable, Error> {
    let row = PayableRow::of(payable, now);
    let upsert = diesel::insert_into(payables::table)
        .values(&row)
        .on_conflict((payables::kind, payables::id))
        .do_update()
        .set(&row);
    // `QueryDsl::filter` is for selections; an upsert has the other one.
    let upsert = methods::FilterDsl::filter(upsert, payables::version.lt(payable.version));
    let written = upsert.returning(PayableRow::as_returning()).prepared().get_result(conn).await.optional()?;
    match written {
        Some(row) => row.try_into(),
        None => lock_payable(conn, payable.reference).await?.ok_or(Error::Query(diesel::result::Error::NotFound)),
    }
}

pub async fn find_payable(conn: &mut Conn, reference: PayableRef) -> Result<Option<Payable>, Error> {
    let row = payables::table
        .find((reference.kind(), reference.uuid()))
        .select(PayableRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Payable::try_from).transpose()
}

/// Locks the row: what is decided from it holds until the commit.
pub async fn lock_payable(conn: &mut Conn, reference: PayableRef) -> Result<Option<Payable>, Error> {
    let row = payables::table
        .find((reference.kind(), reference.uuid()))
        .select(PayableRow::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    row.map(Payable::try_from).transpose()
}

/// What has been paid for a payable by way of billing, without what its owner cannot use.
pub async fn paid_here(conn: &mut Conn, reference: PayableRef) -> Result<PaidHere, Error> {
    let on_its_way = payments::status.eq("processing").and(payments::capture.eq("automatic"));
    let paid: Vec<(String, i64, i64)> = payments::table
        .filter(payments::payable_kind.eq(reference.kind()))
        .filter(payments::payable_id.eq(reference.uuid()))
        .filter(payments::status.eq("succeeded").or(on_its_way))
        .filter(payments::orphaned_at.is_null())
        .select((payments::status, payments::amount, payments::amount_captured))
        .load(conn)
        .await?;
    Ok(paid.into_iter().fold(PaidHere::default(), |mut sum, (status, asked, captured)| {
        match status.as_str() {
            "succeeded" => sum.received = sum.received.saturating_add(captured),
            _ => sum.on_its_way = sum.on_its_way.saturating_add(asked),
        }
        sum
    }))
}

/// What the payable's cancellation gives back; the version of the copy does not matter to it.
pub async fn set_cancellation_refund(conn: &mut Conn, reference: PayableRef, amount: i64) -> Result<(), Error> {
    let changed = diesel::update(payables::table.find((reference.kind(), reference.uuid())))
        .set(payables::cancellation_refund.eq(amount))
        .execute(conn)
        .await?;
    stored::exactly_one(changed)
}

pub async fn cancellation_refund(conn: &mut Conn, reference: PayableRef) -> Result<i64, Error> {
    let amount = payables::table
        .find((reference.kind(), reference.uuid()))
        .select(payables::cancellation_refund)
        .first(conn)
        .await?;
    Ok(amount)
}
