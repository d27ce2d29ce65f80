//! The tables `payments` and `payment_attempts`.
//!
//! Requests find payments through their [`Viewer`] or [`Owner`]; what a provider or another service names is found by
//! id. Lock order everywhere: payable, payment, then its session, refunds and the receipt counter.

use std::collections::HashMap;

use commission::Rate;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, SelectableHelper, sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, Money, PaymentId, UserId};
use providers::Failure;
use serde_json::Value;
use store::{Conn, Error, sql::Prepare};
use uuid::Uuid;

use super::{
    Payment,
    facts::{Attempt, AttemptResult},
    model::Tally,
    settlement::{CompanySettlement, StoredSettlement},
};
use crate::{
    authorizations::{
        Authorization,
        store::{find_authorizations, insert_authorization, lock_authorizations, update_authorization},
    },
    payables::PayableRef,
    schema::{payment_attempts, payment_sessions, payments},
    sessions::{Session, store::SessionRow},
    stored,
    viewer::{Owner, Viewer},
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = payments, treat_none_as_null = true)]
pub struct PaymentRow {
    id: PaymentId,
    version: i64,
    payable_kind: String,
    payable_id: Uuid,
    company_id: CompanyId,
    customer_user_id: Option<UserId>,
    provider: String,
    status: String,
    currency: Currency,
    amount: i64,
    amount_captured: i64,
    amount_refunded: i64,
    amount_refunding: i64,
    provider_payment_id: Option<String>,
    method: Option<Value>,
    failure_code: Option<String>,
    failure_message: Option<String>,
    declined_at: NullableTimestamp,
    processing_at: NullableTimestamp,
    attempts: i32,
    succeeded_at: NullableTimestamp,
    applied_at: NullableTimestamp,
    orphaned_at: NullableTimestamp,
    check_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
    capture: String,
    settlement: Option<Value>,
    commission_ppm: Option<i32>,
}

const AUTOMATIC: &str = "automatic";
const MANUAL: &str = "manual";

impl From<&Payment> for PaymentRow {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id,
            version: payment.version,
            payable_kind: payment.payable.kind().to_owned(),
            payable_id: payment.payable.uuid(),
            company_id: payment.company_id,
            customer_user_id: payment.customer_user_id,
            provider: payment.provider.as_str().to_owned(),
            status: payment.status.as_str().to_owned(),
            currency: payment.amount.currency,
            amount: payment.amount.amount,
            amount_captured: payment.captured,
            amount_refunded: payment.refunded,
            amount_refunding: payment.refunding,
            provider_payment_id: payment.provider_payment_id.clone(),
            // A summary of texts and numbers always serialises.
            method: payment.method.as_ref().and_then(|method| serde_json::to_value(method).ok()),
            failure_code: payment.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: payment.failure.as_ref().map(|failure| failure.message.clone()),
            declined_at: payment.declined_at.to_diesel(),
            processing_at: payment.processing_at.to_diesel(),
            attempts: payment.attempts,
            succeeded_at: payment.succeeded_at.to_diesel(),
            applied_at: payment.applied_at.to_diesel(),
            orphaned_at: payment.orphaned_at.to_diesel(),
            check_at: payment.check_at.to_diesel(),
            created_at: payment.created_at.to_diesel(),
            updated_at: payment.updated_at.to_diesel(),
            capture: if payment.authorization.is_some() { MANUAL } else { AUTOMATIC }.to_owned(),
            // Of texts and numbers too.
            settlement: payment
                .company_settlement
                .as_ref()
                .and_then(|settled| serde_json::to_value(StoredSettlement::from(settled)).ok()),
            commission_ppm: payment.commission.map(Rate::ppm),
        }
    }
}

impl PaymentRow {
    fn into_payment(self, authorization: Option<Authorization>) -> Result<Payment, Error> {
        let row = self;
        let payable = PayableRef::from_parts(&row.payable_kind, row.payable_id);
        let method = row.method.map(serde_json::from_value).transpose();
        let message = row.failure_message.unwrap_or_default();
        let settlement = row.settlement.map(serde_json::from_value::<StoredSettlement>).transpose();
        let settlement = settlement.map_err(|error| stored::unreadable("payments.settlement", &error))?;
        let settlement = settlement.map(CompanySettlement::try_from).transpose();
        let commission = row.commission_ppm.map(|ppm| Rate::from_ppm(ppm.into())).transpose();
        Ok(Payment {
            id: row.id,
            version: row.version,
            payable: payable.map_err(|error| stored::unreadable("payments.payable_kind", &error))?,
            company_id: row.company_id,
            customer_user_id: row.customer_user_id,
            provider: stored::parse("payments.provider", &row.provider)?,
            status: stored::parse("payments.status", &row.status)?,
            amount: Money::new(row.amount, row.currency),
            captured: row.amount_captured,
            refunded: row.amount_refunded,
            refunding: row.amount_refunding,
            provider_payment_id: row.provider_payment_id,
            method: method.map_err(|error| stored::unreadable("payments.method", &error))?,
            failure: row.failure_code.map(|code| Failure { code, message }),
            declined_at: row.declined_at.to_jiff(),
            processing_at: row.processing_at.to_jiff(),
            attempts: row.attempts,
            succeeded_at: row.succeeded_at.to_jiff(),
            applied_at: row.applied_at.to_jiff(),
            orphaned_at: row.orphaned_at.to_jiff(),
            check_at: row.check_at.to_jiff(),
            authorization,
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
            company_settlement: settlement.map_err(|error| stored::unreadable("payments.settlement", &error))?,
            commission: commission.map_err(|error| stored::unreadable("payments.commission_ppm", &error))?,
        })
    }
}

pub async fn insert_payment(conn: &mut Conn, payment: &Payment) -> Result<(), Error> {
    diesel::insert_into(payments::table).values(PaymentRow::from(payment)).prepared().execute(conn).await?;
    match &payment.authorization {
        Some(authorization) => insert_authorization(conn, payment.id, authorization).await,
        None => Ok(()),
    }
}

/// Saves a payment that this transaction has locked.
pub async fn update_payment(conn: &mut Conn, payment: &Payment) -> Result<(), Error> {
    let changed = diesel::update(payments::table.find(payment.id))
        .set(PaymentRow::from(payment))
        .prepared()
        .execute(conn)
        .await?;
    stored::exactly_one(changed)?;
    match &payment.authorization {
        Some(authorization) => update_authorization(conn, payment.id, authorization).await,
        None => Ok(()),
    }
}

/// Locks a payment: its facts are taken in one by one.
pub async fn lock_payment(conn: &mut Conn, id: PaymentId) -> Result<Option<Payment>, Error> {
    let query = payments::table.find(id).select(PaymentRow::as_select()).for_no_key_update();
    let row: Option<PaymentRow> = query.first(conn).await.optional()?;
    Ok(locked(conn, row.into_iter().collect()).await?.pop())
}

/// Locks the payments of a payable that have succeeded, in id order.
pub async fn lock_succeeded_payments(conn: &mut Conn, payable: PayableRef) -> Result<Vec<Payment>, Error> {
    let rows: Vec<PaymentRow> = payments::table
        .filter(payments::payable_kind.eq(payable.kind()))
        .filter(payments::payable_id.eq(payable.uuid()))
        .filter(payments::status.eq("succeeded"))
        .order(payments::id)
        .select(PaymentRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    locked(conn, rows).await
}

/// Payments whose rows are locked, with their authorisations, which are locked too.
async fn locked(conn: &mut Conn, rows: Vec<PaymentRow>) -> Result<Vec<Payment>, Error> {
    let held = held_of(rows.iter());
    let authorizations = if held.is_empty() { Vec::new() } else { lock_authorizations(conn, &held).await? };
    let mut authorizations: HashMap<_, _> = authorizations.into_iter().collect();
    rows.into_iter().map(|row| with_authorization(row, &mut authorizations)).collect()
}

fn held_of<'a>(rows: impl Iterator<Item = &'a PaymentRow>) -> Vec<PaymentId> {
    rows.filter(|row| row.capture == MANUAL).map(|row| row.id).collect()
}

fn with_authorization(
    row: PaymentRow,
    authorizations: &mut HashMap<PaymentId, Authorization>,
) -> Result<Payment, Error> {
    let authorization = authorizations.remove(&row.id);
    if authorization.is_none() && row.capture == MANUAL {
        return Err(stored::unreadable("payments.capture", &"manual, and nothing is known of an authorisation"));
    }
    row.into_payment(authorization)
}

/// The payment that a provider knows by its own id.
pub async fn find_by_provider_payment(
    conn: &mut Conn,
    provider: &str,
    provider_payment_id: &str,
) -> Result<Option<PaymentId>, Error> {
    let id = payments::table
        .filter(payments::provider.eq(provider))
        .filter(payments::provider_payment_id.eq(provider_payment_id))
        .select(payments::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id)
}

/// A payment with its session, for those who work on it by id (jobs, and commands that have just made it).
pub async fn find_payment(conn: &mut Conn, id: PaymentId) -> Result<Option<(Payment, Session)>, Error> {
    let row: Option<(PaymentRow, SessionRow)> = payments::table
        .inner_join(payment_sessions::table)
        .filter(payments::id.eq(id))
        .select((PaymentRow::as_select(), SessionRow::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(of_rows(conn, row.into_iter().collect()).await?.pop())
}

/// A payment that the viewer may see.
pub async fn find_visible_payment(
    conn: &mut Conn,
    viewer: &Viewer,
    id: PaymentId,
) -> Result<Option<(Payment, Session)>, Error> {
    let mine = payments::customer_user_id.eq(viewer.user_id);
    let row: Option<(PaymentRow, SessionRow)> = payments::table
        .inner_join(payment_sessions::table)
        .filter(payments::id.eq(id))
        .filter(mine.or(payments::company_id.eq_any(&viewer.companies)).or(viewer.sees_all.into_sql::<Bool>()))
        .select((PaymentRow::as_select(), SessionRow::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(of_rows(conn, row.into_iter().collect()).await?.pop())
}

/// An owner's payments, newest first, after the given key.
pub async fn list_payments(
    conn: &mut Conn,
    owner: Owner,
    after: Option<(Timestamp, PaymentId)>,
    limit: i64,
) -> Result<Vec<(Payment, Session)>, Error> {
    let mut query = payments::table
        .inner_join(payment_sessions::table)
        .select((PaymentRow::as_select(), SessionRow::as_select()))
        .order((payments::created_at.desc(), payments::id.desc()))
        .limit(limit)
        .into_boxed();
    query = match owner {
        Owner::Customer(user_id) => query.filter(payments::customer_user_id.eq(user_id)),
        Owner::Company(company_id) => query.filter(payments::company_id.eq(company_id)),
    };
    if let Some((created_at, id)) = after {
        let created_at = created_at.to_diesel();
        let same_instant = payments::created_at.eq(created_at).and(payments::id.lt(id));
        query = query.filter(payments::created_at.lt(created_at).or(same_instant));
    }
    let rows: Vec<(PaymentRow, SessionRow)> = query.load(conn).await?;
    of_rows(conn, rows).await
}

pub async fn of_rows(conn: &mut Conn, rows: Vec<(PaymentRow, SessionRow)>) -> Result<Vec<(Payment, Session)>, Error> {
    let held = held_of(rows.iter().map(|(payment, _)| payment));
    let authorizations = if held.is_empty() { Vec::new() } else { find_authorizations(conn, &held).await? };
    let mut authorizations: HashMap<_, _> = authorizations.into_iter().collect();
    let typed = |(payment, session): (PaymentRow, SessionRow)| {
        Ok((with_authorization(payment, &mut authorizations)?, Session::try_from(session)?))
    };
    rows.into_iter().map(typed).collect()
}

/// Records an attempt unless its key is known.
pub async fn insert_attempt(conn: &mut Conn, payment_id: PaymentId, attempt: &Attempt) -> Result<(), Error> {
    let (result, failure) = match &attempt.result {
        AttemptResult::Declined(failure) => ("declined", Some(failure)),
        AttemptResult::Succeeded => ("succeeded", None),
    };
    diesel::insert_into(payment_attempts::table)
        .values((
            payment_attempts::payment_id.eq(payment_id),
            payment_attempts::key.eq(&attempt.key),
            payment_attempts::result.eq(result),
            payment_attempts::provider_payment_id.eq(&attempt.provider_payment_id),
            payment_attempts::failure_code.eq(failure.map(|failure| &failure.code)),
            payment_attempts::failure_message.eq(failure.map(|failure| &failure.message)),
            payment_attempts::occurred_at.eq(attempt.at.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

type AttemptRow = (String, String, Option<String>, Option<String>, Option<String>, jiff_diesel::Timestamp);

/// The attempts at a payment, the newest first.
pub async fn list_attempts(conn: &mut Conn, payment_id: PaymentId, limit: i64) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<AttemptRow> = payment_attempts::table
        .filter(payment_attempts::payment_id.eq(payment_id))
        .order((payment_attempts::occurred_at.desc(), payment_attempts::key))
        .limit(limit)
        .select((
            payment_attempts::key,
            payment_attempts::result,
            payment_attempts::provider_payment_id,
            payment_attempts::failure_code,
            payment_attempts::failure_message,
            payment_attempts::occurred_at,
        ))
        .load(conn)
        .await?;
    let attempt = |(key, result, provider_payment_id, code, message, at): AttemptRow| {
        let failure = || Failure { code: code.unwrap_or_default(), message: message.unwrap_or_default() };
        let result = if result == "succeeded" { AttemptResult::Succeeded } else { AttemptResult::Declined(failure()) };
        Attempt { key, result, provider_payment_id, at: at.to_jiff() }
    };
    Ok(rows.into_iter().map(attempt).collect())
}

/// Counts the attempts of a payment.
pub async fn tally(conn: &mut Conn, payment_id: PaymentId) -> Result<Tally, Error> {
    let keys: Vec<String> = payment_attempts::table
        .filter(payment_attempts::payment_id.eq(payment_id))
        .select(payment_attempts::key)
        .load(conn)
        .await?;
    let mut tally = Tally::default();
    for key in keys {
        match key.as_str() {
            Attempt::SUCCEEDED => tally.succeeded += 1,
            Attempt::SEEN => tally.declined_as_seen += 1,
            _ => tally.declined_by_events += 1,
        }
    }
    Ok(tally)
}
