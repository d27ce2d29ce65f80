//! `/v1/charges`, to be looked at.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use super::request::{ExpandParams, Get};
use crate::{
    payments::store,
    state::Sandbox,
    stripe::{StripeError, expand::expand, objects},
};

pub async fn retrieve_charge(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = store::find_charge(&mut conn, &id).await?;
    let mut object = objects::charge(&row.ok_or_else(|| StripeError::missing("charge", &id))?);
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}
