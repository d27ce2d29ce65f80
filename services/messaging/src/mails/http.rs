//! What other services may ask about mails. The gateway routes none of it.

use actix_web::{
    get,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::UserId;
use problem::Problem;
use serde::Serialize;
use service_kit::{
    Page, PageQuery, Path, Query,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::ToSchema;

use super::store::{self, SentMail};
use crate::App;

/// Auth asks for whoever wants a copy of their data.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// What a person was written.
#[derive(Serialize, ToSchema)]
pub struct MailRecord {
    /// Its occasion, such as `booking_confirmed`.
    template: String,
    state: String,
    #[schema(value_type = Object)]
    parameters: serde_json::Value,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

impl From<SentMail> for MailRecord {
    fn from(mail: SentMail) -> Self {
        Self {
            template: mail.template,
            state: mail.state,
            parameters: mail.parameters,
            created_at: mail.created_at.to_jiff(),
        }
    }
}

/// A page of the mails to a person, oldest first.
#[utoipa::path(
    tag = "internal",
    operation_id = "export_mails_of",
    security(("bearer" = [])),
    params(("user_id" = inline(UserId), Path), PageQuery),
    responses((status = 200, body = Page<MailRecord>))
)]
#[get("/internal/users/{user_id}/personal-data")]
pub async fn export_mails_of(
    app: Data<App>,
    _: CalledBy<Auth>,
    user_id: Path<UserId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<MailRecord>>, Problem> {
    let limit = page.limit()?;
    let mut conn = app.db.conn().await?;
    let mails = store::list_of_user(&mut conn, *user_id, (page.after()?, limit)).await?;
    Ok(web::Json(Page::of(mails, limit, |mail| mail.id).map(MailRecord::from)))
}
