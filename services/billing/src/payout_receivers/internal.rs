//! `POST /internal/payout-receivers/{receiver_id}/mint`.

use actix_web::{
    post,
    web::{Data, Json},
};
use kernel::PayoutReceiverId;
use problem::Problem;
use serde::Serialize;
use service_kit::{
    Path,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::ToSchema;

use super::commands;
use crate::App;

/// Only who sends the mail.
pub struct Mailer;

impl ServiceCaller for Mailer {
    const ALLOWED: &'static [&'static str] = &["messaging"];
}

#[derive(Serialize, ToSchema)]
pub struct MintedReceiverSecret {
    pub secret: String,
}

/// The secret for a mail to an address that a company has named; 404 where it has named another one since.
#[utoipa::path(
    tag = "internal",
    operation_id = "mint_payout_receiver_secret",
    params(("receiver_id" = inline(PayoutReceiverId), Path)),
    responses(
        (status = 200, body = MintedReceiverSecret),
        (status = 409, body = problem::ProblemBody, description = "`receiver_confirmed`"),
    ),
    security(("bearer" = [])),
)]
#[post("/internal/payout-receivers/{receiver_id}/mint")]
pub async fn mint(
    app: Data<App>,
    _: CalledBy<Mailer>,
    receiver_id: Path<PayoutReceiverId>,
) -> Result<Json<MintedReceiverSecret>, Problem> {
    let secret = commands::mint_secret(&app, *receiver_id, app.clock.now()).await?;
    Ok(Json(MintedReceiverSecret { secret: secret.ok_or_else(Problem::not_found)? }))
}
