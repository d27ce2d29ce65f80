//! The parameters of a charge with a destination (<https://docs.stripe.com/connect/destination-charges>), and
//! `/v1/application_fees`.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use super::request::{ExpandParams, Get};
use crate::{
    connect::store as connect,
    payments::settlements::{self, Destination},
    state::Sandbox,
    stripe::{StripeError, expand::expand, objects},
};

/// What is played of `transfer_data`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferData {
    destination: String,
}

/// As the parameters have them, in whatever order they came.
#[derive(Debug, Default)]
pub struct DestinationParams {
    pub transfer_data: Option<TransferData>,
    pub application_fee_amount: Option<i64>,
    pub on_behalf_of: Option<String>,
    pub transfer_group: Option<String>,
}

/// Whom a charge of `amount` settles with, where anybody: an account that takes charges, and keeps something of it.
pub async fn checked(
    app: &Sandbox,
    params: DestinationParams,
    amount: i64,
) -> Result<Option<Destination>, StripeError> {
    let refuse = |message: &str, param: &'static str| Err(StripeError::invalid(message).param(param));
    let DestinationParams { transfer_data, application_fee_amount: fee, on_behalf_of, transfer_group } = params;
    let Some(TransferData { destination }) = transfer_data else {
        return match (fee, on_behalf_of) {
            (None, None) => Ok(None),
            (Some(_), _) => {
                refuse("Can only apply an application_fee_amount with transfer_data.", "application_fee_amount")
            }
            (None, Some(_)) => refuse("The sandbox plays this with transfer_data.", "on_behalf_of"),
        };
    };
    let mut conn = app.db.conn().await?;
    let account = connect::find_account(&mut conn, &destination).await?;
    let account = account.ok_or_else(|| StripeError::missing("account", &destination))?;
    if !account.is_enabled() {
        let message = "Your destination account needs to have the `transfers` capability enabled.";
        return Err(StripeError::invalid(message)
            .code("insufficient_capabilities_for_transfer")
            .param("transfer_data"));
    }
    if on_behalf_of.is_some_and(|account| account != destination) {
        return refuse("The sandbox plays one account for both.", "on_behalf_of");
    }
    let fee = fee.unwrap_or(0);
    if fee < 0 || fee >= amount {
        return refuse("The application fee must be positive, and less than the amount.", "application_fee_amount");
    }
    Ok(Some(Destination { account: destination, fee, group: transfer_group }))
}

pub async fn retrieve_application_fee(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let found = settlements::find_moved(&mut conn, &id).await?;
    let found = found.filter(|(row, _)| row.fee_id.as_deref() == Some(id.as_str()));
    let (row, refunds) = found.ok_or_else(|| StripeError::missing("application_fee", &id))?;
    let mut object = objects::application_fee(&row, &refunds);
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}
