//! `POST /sandbox/mailbox` takes a mail, `GET` shows them.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Query};

use super::{
    links::links,
    store::{self, MailRow},
};
use crate::state::Sandbox;

/// A mail as `crates/mail` hands it over.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveMailRequest {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MailboxQuery {
    /// Only mails to this address, in any case.
    pub to: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MailboxResponse {
    /// Newest first.
    pub data: Vec<MailResponse>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MailResponse {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// The web addresses in it, each once.
    pub links: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
}

/// Takes a mail; one with a known id changes nothing.
#[utoipa::path(tag = "sandbox", request_body = ReceiveMailRequest,
    responses((status = 204, description = "Taken")))]
#[post("/sandbox/mailbox")]
pub async fn receive_mail(app: Data<Sandbox>, body: Json<ReceiveMailRequest>) -> Result<HttpResponse, Problem> {
    let mail = body.into_inner();
    let row = MailRow {
        address: lookup_address(&mail.to),
        id: mail.id,
        recipient: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        sent_at: app.clock.now(),
    };
    let mut conn = app.db.conn().await?;
    store::insert_mail(&mut conn, row).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Every mail the platform sent, or those to one address.
#[utoipa::path(tag = "sandbox", params(MailboxQuery),
    responses((status = 200, body = MailboxResponse)))]
#[get("/sandbox/mailbox")]
pub async fn list_mails(app: Data<Sandbox>, query: Query<MailboxQuery>) -> Result<HttpResponse, Problem> {
    // A plus that nobody escaped arrives as a space, which no address has.
    let address = query.to.as_deref().map(|to| lookup_address(&to.trim().replace(' ', "+")));
    let mut conn = app.db.conn().await?;
    let rows = store::list_mails(&mut conn, address.as_deref()).await?;
    let data = rows.into_iter().map(MailResponse::from).collect();
    Ok(HttpResponse::Ok().json(MailboxResponse { data }))
}

impl From<MailRow> for MailResponse {
    fn from(row: MailRow) -> Self {
        Self {
            links: links(&row.text, row.html.as_deref()),
            id: row.id,
            to: bare_address(&row.recipient).to_owned(),
            subject: row.subject,
            text: row.text,
            html: row.html,
            sent_at: row.sent_at,
        }
    }
}

/// `Ada <Ada@Example.com>` is `Ada@Example.com`.
fn bare_address(recipient: &str) -> &str {
    let bare = recipient.rsplit_once('<').map_or(recipient, |(_, address)| address);
    bare.trim_end().trim_end_matches('>').trim()
}

fn lookup_address(recipient: &str) -> String {
    bare_address(recipient).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_bare_and_in_lower_case() {
        for recipient in ["ada@example.com", "Ada <Ada@Example.com>", " <ADA@example.com> "] {
            assert_eq!(lookup_address(recipient), "ada@example.com");
        }
    }
}
