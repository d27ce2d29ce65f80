//! Search over HTTP.

mod request;
mod response;

use actix_web::{HttpResponse, post, web::Data};
use problem::Problem;
use service_kit::{Json, PageQuery, Query};

use self::{request::SearchStudiosRequest, response::SearchResponse};
use super::{commands, model::SearchKey};
use crate::startup::App;

/// Find studios.
#[utoipa::path(
    tag = "studios",
    params(PageQuery),
    request_body = SearchStudiosRequest,
    responses((status = 200, body = SearchResponse))
)]
#[post("/api/studios/search")]
pub async fn search_studios(
    app: Data<App>,
    page: Query<PageQuery>,
    body: Json<SearchStudiosRequest>,
) -> Result<HttpResponse, Problem> {
    let (search, sort) = body.validated()?;
    let (limit, after) = (page.limit()?, page.after::<SearchKey>()?);
    if after.as_ref().is_some_and(|after| after.sort != sort) {
        return Err(
            Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", "other sort")
        );
    }
    let results = commands::search_studios(&app, &search, sort, after, limit).await?;
    Ok(HttpResponse::Ok().json(SearchResponse::from(results)))
}
