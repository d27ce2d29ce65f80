//! What billing keeps of a person: handed out when they want a copy, forgotten when they go. Payments, refunds and receipts
//! stay, under an id that names nobody any more.

use actix_web::{
    get,
    web::{self, Data},
};
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::UserId;
use problem::Problem;
use service_kit::{
    Page, PageQuery, Path, Query,
    identity::{CalledBy, ServiceCaller},
};
use store::{Conn, Error};

use crate::{
    App,
    payments::{http::PaymentResponse, store::list_payments},
    schema::{payment_sessions, payments, payout_accounts},
    viewer::Owner,
};

/// Auth asks for whoever wants a copy of their data.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// A page of the payments a person made, newest first.
#[utoipa::path(
    tag = "internal",
    params(("user_id" = UserId, Path), PageQuery),
    responses((status = 200, body = Page<PaymentResponse>)),
    security(("bearer" = [])),
)]
#[get("/internal/users/{user_id}/personal-data")]
pub async fn export_payments_of(
    app: Data<App>,
    _: CalledBy<Auth>,
    user_id: Path<UserId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<PaymentResponse>>, Problem> {
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = list_payments(&mut conn, Owner::Customer(*user_id), after, limit + 1).await?;
    let page = Page::of(found, limit, |(payment, _)| (payment.created_at, payment.id));
    Ok(web::Json(page.map(|(payment, session)| PaymentResponse::of(payment, &session))))
}

/// Forgets the addresses a person gave to the providers' pages.
pub async fn forget(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    let theirs = payments::table.filter(payments::customer_user_id.eq(user_id)).select(payments::id);
    diesel::update(payment_sessions::table.filter(payment_sessions::payment_id.eq_any(theirs)))
        .set(payment_sessions::customer_email.eq(None::<String>))
        .execute(conn)
        .await?;
    // Where it was given to make a company's account.
    diesel::update(payout_accounts::table.filter(payout_accounts::created_by.eq(user_id)))
        .set(payout_accounts::email.eq(None::<String>))
        .execute(conn)
        .await?;
    Ok(())
}
