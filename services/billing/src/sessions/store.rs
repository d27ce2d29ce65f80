//! The table `payment_sessions`.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, PaymentId};
use store::{Conn, Error};

use super::{Session, SessionStage};
use crate::{
    payables::PayableRef,
    schema::{payment_sessions, payments},
    stored,
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = payment_sessions, primary_key(payment_id), treat_none_as_null = true)]
pub struct SessionRow {
    payment_id: PaymentId,
    stage: String,
    description: String,
    customer_email: Option<String>,
    success_url: String,
    cancel_url: String,
    requested_at: jiff_diesel::Timestamp,
    closes_at: NullableTimestamp,
    provider_session_id: Option<String>,
    checkout_url: Option<String>,
    expires_at: NullableTimestamp,
    close_requested_at: NullableTimestamp,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            payment_id: session.payment_id,
            stage: session.stage.as_str().to_owned(),
            description: session.description.clone(),
            customer_email: session.customer_email.clone(),
            success_url: session.success_url.to_string(),
            cancel_url: session.cancel_url.to_string(),
            requested_at: session.requested_at.to_diesel(),
            closes_at: session.closes_at.to_diesel(),
            provider_session_id: session.provider_session_id.clone(),
            checkout_url: session.checkout_url.clone(),
            expires_at: session.expires_at.to_diesel(),
            close_requested_at: session.close_requested_at.to_diesel(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            payment_id: row.payment_id,
            stage: stored::parse("payment_sessions.stage", &row.stage)?,
            description: row.description,
            customer_email: row.customer_email,
            success_url: stored::parse("payment_sessions.success_url", &row.success_url)?,
            cancel_url: stored::parse("payment_sessions.cancel_url", &row.cancel_url)?,
            requested_at: row.requested_at.to_jiff(),
            closes_at: row.closes_at.to_jiff(),
            provider_session_id: row.provider_session_id,
            checkout_url: row.checkout_url,
            expires_at: row.expires_at.to_jiff(),
            close_requested_at: row.close_requested_at.to_jiff(),
        })
    }
}

pub async fn insert_session(conn: &mut Conn, session: &Session) -> Result<(), Error> {
    diesel::insert_into(payment_sessions::table).values(SessionRow::from(session)).execute(conn).await?;
    Ok(())
}

/// Records what the provider answered. A session that was closed in the meantime stays closed. The caller has locked
/// the payment.
pub async fn record_opened(conn: &mut Conn, payment_id: PaymentId, opened: &providers::Session) -> Result<(), Error> {
    let changed = diesel::update(payment_sessions::table.find(payment_id))
        .set((
            payment_sessions::provider_session_id.eq(&opened.provider_session_id),
            payment_sessions::checkout_url.eq(opened.checkout_url.as_str()),
            payment_sessions::expires_at.eq(opened.expires_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    stored::exactly_one(changed)?;
    diesel::update(payment_sessions::table.find(payment_id))
        .filter(payment_sessions::stage.eq(SessionStage::Opening.as_str()))
        .set(payment_sessions::stage.eq(SessionStage::Open.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Nobody can pay here any more.
pub async fn close(conn: &mut Conn, payment_id: PaymentId) -> Result<(), Error> {
    let closed = payment_sessions::stage.eq(SessionStage::Closed.as_str());
    let changed = diesel::update(payment_sessions::table.find(payment_id)).set(closed).execute(conn).await?;
    stored::exactly_one(changed)
}

/// Marks every session of a payable that may still be open, for the job that closes them. The caller has locked the
/// payable.
pub async fn request_close_of_payable(conn: &mut Conn, payable: PayableRef, now: Timestamp) -> Result<usize, Error> {
    let of_payable = payments::table
        .filter(payments::payable_kind.eq(payable.kind()))
        .filter(payments::payable_id.eq(payable.uuid()))
        .select(payments::id);
    let sessions = payment_sessions::table.filter(payment_sessions::payment_id.eq_any(of_payable));
    let marked = diesel::update(sessions)
        .filter(payment_sessions::stage.ne(SessionStage::Closed.as_str()))
        .filter(payment_sessions::close_requested_at.is_null())
        .set(payment_sessions::close_requested_at.eq(now.to_diesel()))
        .execute(conn)
        .await?;
    Ok(marked)
}

/// The same for whatever is to be paid to a company. The caller has locked the payee.
pub async fn request_close_of_company(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<usize, Error> {
    let of_company = payments::table.filter(payments::company_id.eq(company_id)).select(payments::id);
    let sessions = payment_sessions::table.filter(payment_sessions::payment_id.eq_any(of_company));
    let marked = diesel::update(sessions)
        .filter(payment_sessions::stage.ne(SessionStage::Closed.as_str()))
        .filter(payment_sessions::close_requested_at.is_null())
        .set(payment_sessions::close_requested_at.eq(now.to_diesel()))
        .execute(conn)
        .await?;
    Ok(marked)
}

/// Takes up to `limit` sessions that are to be closed, for this process alone until `lease_until`. All instants but
/// the mark are real time.
pub async fn claim_closings(
    conn: &mut Conn,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(PaymentId, i32)>, Error> {
    let retry_at = payment_sessions::close_retry_at;
    let ids: Vec<PaymentId> = payment_sessions::table
        .filter(payment_sessions::close_requested_at.is_not_null())
        .filter(payment_sessions::stage.ne(SessionStage::Closed.as_str()))
        .filter(retry_at.is_null().or(retry_at.le(real_now.to_diesel())))
        .order(payment_sessions::close_requested_at)
        .limit(limit)
        .select(payment_sessions::payment_id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(payment_sessions::table.filter(payment_sessions::payment_id.eq_any(ids)))
        .set((
            payment_sessions::close_retry_at.eq(lease_until.to_diesel()),
            payment_sessions::close_retries.eq(payment_sessions::close_retries + 1),
        ))
        .returning((payment_sessions::payment_id, payment_sessions::close_retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

/// The provider could not be told: it is told again at `retry_at`.
pub async fn postpone_closing(conn: &mut Conn, payment_id: PaymentId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = payment_sessions::close_retry_at.eq(retry_at.to_diesel());
    let changed = diesel::update(payment_sessions::table.find(payment_id)).set(postponed).execute(conn).await?;
    stored::exactly_one(changed)
}
