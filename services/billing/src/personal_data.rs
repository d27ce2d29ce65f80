//! What billing keeps of a person: handed out when they want a copy, forgotten when they go. Payments, refunds and receipts
//! stay, under an id that names nobody any more.

use actix_web::{
    get,
    web::{self, Data},
};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use kernel::{PaymentId, PaymentMethodId, PayoutReceiverId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Page, PageQuery, Path, Query,
    identity::{CalledBy, ServiceCaller},
};
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::{
    App,
    payment_methods::{
        PaymentMethod,
        http::MethodResponse,
        store::{customers::request_forgetting, forget_methods, list_methods, setups::forget_setups},
    },
    payments::{Payment, http::PaymentResponse, store::list_payments},
    payout_receivers::{
        PayoutReceiver,
        http::PayoutReceiverResponse,
        store::{forget_named_by, list_named_by},
    },
    schema::{payment_sessions, payments, payout_accounts},
    sessions::Session,
    viewer::Owner,
};

/// Auth asks for whoever wants a copy of their data.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// Something that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BillingRecord {
    /// A payment they made.
    Payment(Box<PaymentResponse>),
    /// A payment method they saved.
    PaymentMethod(MethodRecord),
    /// An address that they have named, at which their company is paid.
    PayoutReceiver(PayoutReceiverResponse),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MethodRecord {
    // Its own `kind` would stand in the way of the record's.
    pub method: MethodResponse,
}

enum Record {
    Payment(Box<(Payment, Session)>),
    Method(Box<PaymentMethod>),
    Receiver(Box<PayoutReceiver>),
}

/// Where a page ends: methods come after the payments, and receivers after those.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Payment(Timestamp, PaymentId),
    Method(Timestamp, PaymentMethodId),
    Receiver(Timestamp, PayoutReceiverId),
}

impl Record {
    fn place(&self) -> Place {
        match self {
            Self::Payment(payment) => Place::Payment(payment.0.created_at, payment.0.id),
            Self::Method(method) => Place::Method(method.created_at, method.id),
            Self::Receiver(receiver) => Place::Receiver(receiver.named_at, receiver.id),
        }
    }
}

impl From<Record> for BillingRecord {
    fn from(record: Record) -> Self {
        match record {
            Record::Payment(payment) => Self::Payment(Box::new(PaymentResponse::of(payment.0, &payment.1))),
            Record::Method(method) => Self::PaymentMethod(MethodRecord { method: (*method).into() }),
            Record::Receiver(receiver) => Self::PayoutReceiver((*receiver).into()),
        }
    }
}

/// A page of what is kept of a person: the payments they made, then the methods they have saved, then the addresses at which they
/// have their companies paid, each the newest first.
#[utoipa::path(
    tag = "internal",
    params(("user_id" = UserId, Path), PageQuery),
    responses((status = 200, body = Page<BillingRecord>)),
    security(("bearer" = [])),
)]
#[get("/internal/users/{user_id}/personal-data")]
pub async fn export_personal_data(
    app: Data<App>,
    _: CalledBy<Auth>,
    user_id: Path<UserId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<BillingRecord>>, Problem> {
    let (limit, after) = (page.limit()?, page.after()?);
    let records = list(&mut *app.db.conn().await?, *user_id, (after, limit + 1)).await?;
    Ok(web::Json(Page::of(records, limit, Record::place).map(BillingRecord::from)))
}

async fn list(conn: &mut Conn, user_id: UserId, (after, limit): (Option<Place>, i64)) -> Result<Vec<Record>, Error> {
    let mut found = Vec::new();
    if matches!(after, None | Some(Place::Payment(..))) {
        let after = if let Some(Place::Payment(at, id)) = after { Some((at, id)) } else { None };
        let payments = list_payments(conn, Owner::Customer(user_id), after, limit).await?;
        found.extend(payments.into_iter().map(|payment| Record::Payment(Box::new(payment))));
    }
    let missing = |found: &[Record]| limit - i64::try_from(found.len()).unwrap_or(limit);
    if missing(&found) > 0 && !matches!(after, Some(Place::Receiver(..))) {
        let after = if let Some(Place::Method(at, id)) = after { Some((at, id)) } else { None };
        let methods = list_methods(conn, user_id, after, missing(&found)).await?;
        found.extend(methods.into_iter().map(|method| Record::Method(Box::new(method))));
    }
    if missing(&found) > 0 {
        let after = if let Some(Place::Receiver(at, id)) = after { Some((at, id)) } else { None };
        let receivers = list_named_by(conn, user_id, after, missing(&found)).await?;
        found.extend(receivers.into_iter().map(|receiver| Record::Receiver(Box::new(receiver))));
    }
    Ok(found)
}

/// Forgets the addresses a person gave to the providers' pages or named for their company's payouts, and the methods they saved;
/// the provider is told by a job.
pub async fn forget(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<(), Error> {
    // In the order in which others lock them.
    request_forgetting(conn, user_id, now).await?;
    forget_setups(conn, user_id).await?;
    forget_methods(conn, user_id, now).await?;
    let theirs = payments::table.filter(payments::customer_user_id.eq(user_id)).select(payments::id);
    diesel::update(payment_sessions::table.filter(payment_sessions::payment_id.eq_any(theirs)))
        .set(payment_sessions::customer_email.eq(None::<String>))
        .execute(conn)
        .await?;
    forget_named_by(conn, user_id).await?;
    // Where it was given to make a company's account.
    diesel::update(payout_accounts::table.filter(payout_accounts::created_by.eq(user_id)))
        .set(payout_accounts::email.eq(None::<String>))
        .execute(conn)
        .await?;
    Ok(())
}
