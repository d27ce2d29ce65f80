//! `POST /api/admin/ledger/exchanges`.

use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use kernel::{Money, TransferId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, PlatformAdmin};

use super::{
    commands::{Exchange, record_exchange_in_tx},
    error::ExchangeError,
};
use crate::{accounts::AccountCode, actions::Whence, startup::App, text::check_reference, transfers::Receipt};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordExchangeRequest {
    /// What the bank or the provider calls it: the same reference is recorded once.
    #[schema(min_length = 1, max_length = 100)]
    pub reference: String,
    pub from: ExchangeSide,
    pub to: ExchangeSide,
    /// Not in the future, and not in a closed period.
    #[schema(value_type = String, format = DateTime)]
    pub exchanged_at: Timestamp,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeSide {
    /// `assets:bank`, or that of a provider.
    #[schema(min_length = 1, max_length = 100, example = "assets:bank")]
    pub account: String,
    pub amount: Money,
}

impl ExchangeSide {
    fn account(&self, pointer: &'static str) -> Result<AccountCode, ExchangeError> {
        self.account.parse().map_err(|_| ExchangeError::OtherAccount(pointer))
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ExchangeResponse {
    pub transfer_id: TransferId,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
}

/// Records that money of the platform was converted into another currency, at its bank or at a provider.
#[utoipa::path(
    tag = "ledger",
    request_body = RecordExchangeRequest,
    security(("bearer" = [])),
    responses(
        (status = 201, body = ExchangeResponse),
        (status = 409, description = "`transfer_id_reused`: the reference was used with another content; `period_closed`")
    )
)]
#[post("/api/admin/ledger/exchanges")]
pub async fn record_ledger_exchange(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    request: Json<RecordExchangeRequest>,
) -> Result<HttpResponse, Problem> {
    let request = request.into_inner();
    check_reference(&request.reference)?;
    let exchange = Exchange {
        from: request.from.account("/from/account")?,
        sold: request.from.amount,
        to: request.to.account("/to/account")?,
        bought: request.to.amount,
        at: request.exchanged_at,
        reference: request.reference,
    };
    let (app, exchange, by) = (&app, &exchange, (admin.user_id(), whence));
    let recorded: Result<Receipt, ExchangeError> =
        app.db.transaction(async |conn| record_exchange_in_tx(app, conn, by.clone(), exchange).await).await;
    let Receipt { transfer_id, recorded_at } = recorded?;
    Ok(HttpResponse::Created().json(ExchangeResponse { transfer_id, recorded_at }))
}
