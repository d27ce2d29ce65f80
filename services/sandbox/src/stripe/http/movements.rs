//! `/v1/balance_transactions`, of the platform's own balance.

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use serde::Deserialize;

use super::request::{Get, OnBehalfOf};
use crate::{
    state::Sandbox,
    stripe::{StripeError, expand::expand, lists, movements, objects},
};

/// What is played of <https://docs.stripe.com/api/balance_transactions/list>.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListMovementsParams {
    created: Span,
    #[serde(rename = "type")]
    of: Option<String>,
    limit: Option<i64>,
    starting_after: Option<String>,
    expand: Vec<String>,
}

/// In seconds since the Unix epoch.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Span {
    gte: Option<i64>,
    lt: Option<i64>,
}

pub async fn list_movements(
    app: Data<Sandbox>,
    account: OnBehalfOf,
    params: Get<ListMovementsParams>,
) -> Result<HttpResponse, StripeError> {
    if account.0.is_some() {
        return Err(StripeError::invalid("The sandbox plays this for the platform's own balance."));
    }
    let params = params.0;
    let limit = lists::limit(params.limit)?;
    let span = (instant(params.created.gte)?, instant(params.created.lt)?);
    let mut conn = app.db.conn().await?;
    let rows =
        movements::list_movements(&mut conn, span, (params.of.as_deref(), params.starting_after.as_deref()), limit + 1)
            .await?;
    let mut list = lists::page("/v1/balance_transactions", &rows, limit, objects::movement);
    expand(&app, &mut conn, &mut list, &params.expand).await?;
    Ok(HttpResponse::Ok().json(list))
}

fn instant(seconds: Option<i64>) -> Result<Option<Timestamp>, StripeError> {
    let read = |seconds| {
        Timestamp::from_second(seconds).map_err(|_| StripeError::invalid("Invalid timestamp.").param("created"))
    };
    seconds.map(read).transpose()
}
