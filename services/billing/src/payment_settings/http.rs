//! A company's choice over HTTP.

use actix_web::{get, put, web};
use kernel::CompanyId;
use problem::Problem;
use providers::ProviderName;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, CompanyManager, CompanyStaff, Json, Query};

use super::{
    commands::{self, Choice},
    store,
};
use crate::{
    App,
    commission_terms::{http::CommissionResponse, standing_in_tx},
    payments::Settlement,
    sessions::SessionError,
};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PaymentSettingsQuery {
    pub company_id: CompanyId,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePaymentSettingsRequest {
    pub company_id: CompanyId,
    /// `null` is the platform's default.
    #[schema(value_type = Option<String>, example = "square", pattern = "^(stripe|square|paypal)$")]
    pub provider: Option<ProviderName>,
    /// With whom payments settle from now on; left as it is where it is absent.
    pub settlement: Option<Settlement>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PaymentSettingsResponse {
    pub company_id: CompanyId,
    /// What the company has chosen.
    #[schema(value_type = Option<String>)]
    pub provider: Option<ProviderName>,
    /// Whom customers pay where the company has not chosen; `null` while payments are switched off.
    #[schema(value_type = Option<String>)]
    pub default_provider: Option<ProviderName>,
    #[schema(value_type = Vec<String>)]
    pub enabled_providers: Vec<ProviderName>,
    /// With whom payments settle, wherever the company's account at the provider can take charges: `platform` holds the money
    /// and pays the company out; `company` has it at once, less the platform's fee.
    pub settlement: Settlement,
    /// What the platform keeps of a payment that is made now.
    pub commission: CommissionResponse,
}

/// Whom the company's customers pay.
#[utoipa::path(
    tag = "payments",
    params(PaymentSettingsQuery),
    responses(
        (status = 200, body = PaymentSettingsResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/settings")]
pub async fn get_payment_settings(
    app: web::Data<App>,
    caller: Caller,
    query: Query<PaymentSettingsQuery>,
) -> Result<web::Json<PaymentSettingsResponse>, Problem> {
    let staff: CompanyStaff = caller.staff_of(query.company_id)?;
    shown(&app, staff.company_id()).await
}

/// Chooses whom the company's customers pay from now on, and with whom their payments settle. Payments that were opened before
/// stay as they are.
#[utoipa::path(
    tag = "payments",
    request_body = UpdatePaymentSettingsRequest,
    responses(
        (status = 200, body = PaymentSettingsResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "Payments cannot settle with the company: the provider does not offer it, or its account there cannot take charges."),
    ),
    security(("bearer" = [])),
)]
#[put("/api/payments/settings")]
pub async fn update_payment_settings(
    app: web::Data<App>,
    caller: Caller,
    body: Json<UpdatePaymentSettingsRequest>,
) -> Result<web::Json<PaymentSettingsResponse>, Problem> {
    let manager: CompanyManager = caller.manager_of(body.company_id)?;
    if let Some(name) = body.provider.filter(|name| app.providers().get(*name).is_none()) {
        return Err(SessionError::ProviderNotEnabled(name).into());
    }
    let choice = Choice { provider: body.provider, settlement: body.settlement };
    commands::choose(&app, &manager, choice, app.clock.now()).await?;
    shown(&app, manager.company_id()).await
}

async fn shown(app: &App, company_id: CompanyId) -> Result<web::Json<PaymentSettingsResponse>, Problem> {
    let mut conn = app.db.conn().await?;
    let chosen = store::find_settings(&mut conn, company_id).await?;
    let standing = standing_in_tx(&mut conn, app, company_id, app.clock.now()).await?;
    let providers = app.providers();
    Ok(web::Json(PaymentSettingsResponse {
        company_id,
        provider: chosen.provider,
        default_provider: providers.default_provider(),
        enabled_providers: providers.enabled(),
        settlement: chosen.settlement,
        commission: standing.in_force.into(),
    }))
}
