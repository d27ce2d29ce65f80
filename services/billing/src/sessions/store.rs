//! The table `payment_sessions`.

use diesel::{ExpressionMethods, QueryDsl, dsl::exists};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, PaymentId, PaymentMethodId, UserId};
use providers::MethodKinds;
use store::{Conn, Error, sql::Prepare};
use url::Url;

use super::{Means, Session, SessionStage};
use crate::{
    payables::PayableRef,
    schema::{payment_sessions, payments},
    stored,
    worklist::Worklist,
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
    payment_method_id: Option<PaymentMethodId>,
    charged_by: Option<UserId>,
    ui: String,
    methods: String,
}

const HOSTED: &str = "hosted";
const ELEMENTS: &str = "elements";

const IMMEDIATE: &str = "immediate";
const DELAYED: &str = "delayed";

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        let (payment_method_id, charged_by) = match session.means {
            Means::Page | Means::Elements => (None, None),
            Means::Saved(method) => (Some(method), None),
            Means::OffSession { method, charged_by } => (Some(method), Some(charged_by)),
        };
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
            payment_method_id,
            charged_by,
            ui: if session.means == Means::Elements { ELEMENTS } else { HOSTED }.to_owned(),
            methods: match session.methods {
                MethodKinds::Immediate => IMMEDIATE,
                MethodKinds::Delayed => DELAYED,
            }
            .to_owned(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            payment_id: row.payment_id,
            means: match (row.payment_method_id, row.charged_by) {
                (None, _) if row.ui == ELEMENTS => Means::Elements,
                (None, _) => Means::Page,
                (Some(method), None) => Means::Saved(method),
                (Some(method), Some(charged_by)) => Means::OffSession { method, charged_by },
            },
            methods: if row.methods == DELAYED { MethodKinds::Delayed } else { MethodKinds::Immediate },
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
    diesel::insert_into(payment_sessions::table).values(SessionRow::from(session)).prepared().execute(conn).await?;
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
        .prepared()
        .execute(conn)
        .await?;
    stored::exactly_one(changed)?;
    diesel::update(payment_sessions::table.find(payment_id))
        .filter(payment_sessions::stage.eq(SessionStage::Opening.as_str()))
        .set(payment_sessions::stage.eq(SessionStage::Open.as_str()))
        .prepared()
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider knows the charge of a saved method; nothing has been taken yet. The caller has locked the payment.
pub async fn record_prepared(conn: &mut Conn, payment_id: PaymentId, provider_session_id: &str) -> Result<(), Error> {
    let prepared = payment_sessions::provider_session_id.eq(provider_session_id);
    let changed =
        diesel::update(payment_sessions::table.find(payment_id)).set(prepared).prepared().execute(conn).await?;
    stored::exactly_one(changed)
}

/// The provider knows the payment, which its customer may confirm from now on. One that was closed in the meantime stays
/// closed. The caller has locked the payment.
pub async fn record_intent(conn: &mut Conn, payment_id: PaymentId, provider_session_id: &str) -> Result<(), Error> {
    record_prepared(conn, payment_id, provider_session_id).await?;
    diesel::update(payment_sessions::table.find(payment_id))
        .filter(payment_sessions::stage.eq(SessionStage::Opening.as_str()))
        .set(payment_sessions::stage.eq(SessionStage::Open.as_str()))
        .prepared()
        .execute(conn)
        .await?;
    Ok(())
}

/// It has been tried to take the money, or the customer is awaited at their bank's page. The caller has locked the payment.
pub async fn record_charged(conn: &mut Conn, payment_id: PaymentId, confirm_url: Option<&Url>) -> Result<(), Error> {
    diesel::update(payment_sessions::table.find(payment_id))
        .filter(payment_sessions::stage.eq(SessionStage::Opening.as_str()))
        .set((
            payment_sessions::stage.eq(SessionStage::Open.as_str()),
            payment_sessions::checkout_url.eq(confirm_url.map(Url::as_str)),
        ))
        .prepared()
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a payment is charged to a saved method, and not made on a page.
pub async fn is_charge(conn: &mut Conn, payment_id: PaymentId) -> Result<bool, Error> {
    let charge = payment_sessions::table.find(payment_id).filter(payment_sessions::payment_method_id.is_not_null());
    Ok(diesel::select(exists(charge)).get_result(conn).await?)
}

/// Nobody can pay here any more.
pub async fn close(conn: &mut Conn, payment_id: PaymentId) -> Result<(), Error> {
    let closed = payment_sessions::stage.eq(SessionStage::Closed.as_str());
    let changed = diesel::update(payment_sessions::table.find(payment_id)).set(closed).prepared().execute(conn).await?;
    stored::exactly_one(changed)
}

/// What a client confirms was complete when it was to be closed, and can be confirmed once more: it is to be closed again.
pub async fn close_again(conn: &mut Conn, payment_id: PaymentId) -> Result<(), Error> {
    diesel::update(payment_sessions::table.find(payment_id))
        .filter(payment_sessions::ui.eq(ELEMENTS))
        .filter(payment_sessions::stage.eq(SessionStage::Closed.as_str()))
        .filter(payment_sessions::close_requested_at.is_not_null())
        .set((
            payment_sessions::stage.eq(SessionStage::Open.as_str()),
            payment_sessions::close_retry_at.eq(NullableTimestamp::from(None)),
            payment_sessions::close_retries.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What sessions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something is paid that is due.
    Pay,
    /// Money is held.
    Hold,
    Any,
}

impl Purpose {
    fn captures(self) -> &'static [&'static str] {
        match self {
            Self::Pay => &["automatic"],
            Self::Hold => &["manual"],
            Self::Any => &["automatic", "manual"],
        }
    }
}

/// Marks every session of a payable that may still be open, for the job that closes them. The caller has locked the
/// payable.
pub async fn request_close_of_payable(
    conn: &mut Conn,
    payable: PayableRef,
    purpose: Purpose,
    now: Timestamp,
) -> Result<usize, Error> {
    let of_payable = payments::table
        .filter(payments::payable_kind.eq(payable.kind()))
        .filter(payments::payable_id.eq(payable.uuid()))
        .filter(payments::capture.eq_any(purpose.captures()))
        .select(payments::id);
    let sessions = payment_sessions::table.filter(payment_sessions::payment_id.eq_any(of_payable));
    let marked = diesel::update(sessions)
        .filter(payment_sessions::stage.ne(SessionStage::Closed.as_str()))
        .filter(payment_sessions::close_requested_at.is_null())
        .set(payment_sessions::close_requested_at.eq(now.to_diesel()))
        .prepared()
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
        .prepared()
        .execute(conn)
        .await?;
    Ok(marked)
}

/// Sessions that the provider is to be told to close.
pub const CLOSINGS: Worklist<PaymentId> = Worklist {
    table: "payment_sessions",
    id: "payment_id",
    open: "close_requested_at IS NOT NULL AND stage <> 'closed'",
    due: "true",
    order: "close_requested_at",
    planned: None,
    prefix: "close_",
    typed: PaymentId::from_uuid,
};
