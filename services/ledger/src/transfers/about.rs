//! `POST /internal/transfers/about`: billing shows what the book says beside what it knows itself.

use actix_web::{HttpResponse, post, web::Data};
use kernel::TransferId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, identity::CalledBy};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{
    http::TransferResponse,
    internal::Movers,
    read::{entries_of, transfers_about},
};
use crate::{
    actions::{actions_about, http::FinancialActionResponse},
    startup::App,
};

/// Things of one request.
const MOST: usize = 500;

/// Transfers, and actions, of one answer.
const MOST_FOUND: i64 = 200;

/// An id, or what a bank calls something.
const LONGEST: usize = 100;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransfersAboutRequest {
    /// Ids of payments, refunds, disputes, bookings.
    #[schema(min_items = 1, max_items = 500)]
    pub subjects: Vec<BookedSubject>,
}

/// An id in a request.
#[derive(Debug, Deserialize)]
pub struct BookedSubject(String);

impl utoipa::PartialSchema for BookedSubject {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.min_length(Some(1)).max_length(Some(LONGEST)).build().into()
    }
}

impl ToSchema for BookedSubject {}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TransfersAboutResponse {
    /// The newest first, 200 at most.
    pub transfers: Vec<TransferResponse>,
    /// What people have done to them, the newest first, 200 at most.
    pub actions: Vec<FinancialActionResponse>,
}

/// What was posted about some things, and what people have done to them.
#[utoipa::path(
    tag = "internal",
    request_body = TransfersAboutRequest,
    security(("bearer" = [])),
    responses((status = 200, body = TransfersAboutResponse))
)]
#[post("/internal/transfers/about")]
pub async fn list_transfers_about(
    app: Data<App>,
    _: CalledBy<Movers>,
    request: Json<TransfersAboutRequest>,
) -> Result<HttpResponse, Problem> {
    let subjects: Vec<String> = request.into_inner().subjects.into_iter().map(|BookedSubject(id)| id).collect();
    let readable = subjects.iter().all(|id| (1..=LONGEST).contains(&id.len()) && !id.chars().any(char::is_control));
    if !(1..=MOST).contains(&subjects.len()) || !readable {
        let text = format!("1 to {MOST} ids of 1 to {LONGEST} characters.");
        return Err(Problem::invalid("invalid_subjects", text).at("/subjects", "not acceptable"));
    }
    let mut conn = app.db.conn().await?;
    let rows = transfers_about(&mut conn, &subjects, MOST_FOUND).await?;
    let ids: Vec<TransferId> = rows.iter().map(|row| row.id).collect();
    let mut entries = entries_of(&mut conn, &ids).await?;
    let transfers = rows.into_iter().map(|row| {
        let entries = entries.remove(&row.id).unwrap_or_default();
        TransferResponse::of(row, entries)
    });
    let transfers = transfers.collect();
    let actions = actions_about(&mut conn, &subjects, MOST_FOUND).await?;
    let actions = actions.into_iter().map(FinancialActionResponse::from).collect();
    Ok(HttpResponse::Ok().json(TransfersAboutResponse { transfers, actions }))
}
