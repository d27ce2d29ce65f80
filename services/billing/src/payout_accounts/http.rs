//! A company's account over HTTP.

use actix_web::{get, post, web};
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Caller, Json, Query,
    identity::{
        Allowed,
        permissions::{ManagePayoutAccount, ManagePayouts},
    },
};
use url::Url;

use super::{
    AccountError, PayoutAccount,
    commands::{self, WayBack},
};
use crate::{App, config::Config, sessions::http::callback};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeAccountRequest {
    pub company_id: CompanyId,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    pub company_id: CompanyId,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AccountLinkQuery {
    pub company_id: CompanyId,
    /// Where the person comes back to, done or not: http or https.
    #[param(format = "uri", max_length = 2000)]
    pub return_url: Option<String>,
    /// Where a person comes to whose link was used or has lapsed: ask for a new one there.
    #[param(format = "uri", max_length = 2000)]
    pub refresh_url: Option<String>,
}

/// The account that a company is paid to, as the provider last told of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PayoutAccountResponse {
    pub company_id: CompanyId,
    pub provider: &'static str,
    /// Absent while the provider has not made it.
    pub provider_account_id: Option<String>,
    /// Its owner has been through onboarding.
    pub details_submitted: bool,
    pub charges_enabled: bool,
    pub payouts_enabled: bool,
    /// Payouts can be asked for.
    pub may_receive: bool,
    /// Of its bank account.
    pub currency: Option<Currency>,
    /// What the provider wants to know, in its words: send the owner to a new link.
    pub requirements_due: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub requirements_due_by: Option<Timestamp>,
    pub disabled_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<PayoutAccount> for PayoutAccountResponse {
    fn from(account: PayoutAccount) -> Self {
        Self {
            may_receive: account.may_receive(),
            company_id: account.company_id,
            provider: account.provider.as_str(),
            provider_account_id: account.provider_account_id,
            details_submitted: account.details_submitted,
            charges_enabled: account.charges_enabled,
            payouts_enabled: account.payouts_enabled,
            currency: account.currency,
            requirements_due: account.requirements_due,
            requirements_due_by: account.requirements_due_by,
            disabled_reason: account.disabled_reason,
            created_at: account.created_at,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountLinkResponse {
    /// Send the owner's browser there. It is good once.
    pub url: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountBalanceResponse {
    pub company_id: CompanyId,
    /// What can go to the bank, by currency.
    pub available: Vec<Money>,
    pub pending: Vec<Money>,
}

/// Who decides where money goes is asked in person: a key that leaked must not move it.
pub fn in_person(caller: &Caller, company_id: CompanyId) -> Result<Allowed<ManagePayoutAccount>, Problem> {
    let allowed = caller.allowed::<ManagePayoutAccount>(company_id)?;
    if caller.is_api_key() {
        return Err(Problem::forbidden("api_key_not_allowed", "No API key decides where a company's money goes."));
    }
    Ok(allowed)
}

/// Makes the account that the company is paid to. A company has one: asked again, this answers it.
#[utoipa::path(
    tag = "payouts",
    request_body = MakeAccountRequest,
    responses(
        (status = 200, body = PayoutAccountResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`payouts_not_offered`"),
        (status = 422, body = problem::ProblemBody, description = "`account_refused`: the provider has no accounts in that country"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; ask again."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/stripe/account")]
pub async fn make_payout_account(
    app: web::Data<App>,
    caller: Caller,
    body: Json<MakeAccountRequest>,
) -> Result<web::Json<PayoutAccountResponse>, Problem> {
    let allowed = in_person(&caller, body.company_id)?;
    Ok(web::Json(commands::make_account(&app, &allowed, app.clock.now()).await?.into()))
}

/// The account that the company is paid to, and what the provider still wants to know.
#[utoipa::path(
    tag = "payouts",
    params(AccountQuery),
    responses(
        (status = 200, body = PayoutAccountResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_account`"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/stripe/account")]
pub async fn get_payout_account(
    app: web::Data<App>,
    caller: Caller,
    query: Query<AccountQuery>,
) -> Result<web::Json<PayoutAccountResponse>, Problem> {
    let allowed = caller.allowed::<ManagePayouts>(query.company_id)?;
    let account = commands::find(&app, allowed.company_id()).await?;
    Ok(web::Json(account.ok_or(AccountError::NotFound)?.into()))
}

/// A page of Stripe's on which the owner says who they are and where their bank is.
#[utoipa::path(
    tag = "payouts",
    params(AccountLinkQuery),
    responses(
        (status = 200, body = AccountLinkResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_account`, `payouts_not_offered`"),
        (status = 422, body = problem::ProblemBody, description = "`invalid_callback_url`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; ask again."),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/stripe/account-link")]
pub async fn get_payout_account_link(
    app: web::Data<App>,
    caller: Caller,
    query: Query<AccountLinkQuery>,
) -> Result<web::Json<AccountLinkResponse>, Problem> {
    let allowed = in_person(&caller, query.company_id)?;
    let link = commands::onboarding_link(&app, &allowed, way_back(&app.config, &query.0)?).await?;
    Ok(web::Json(AccountLinkResponse { url: link.url.into(), expires_at: link.expires_at }))
}

fn way_back(config: &Config, query: &AccountLinkQuery) -> Result<WayBack, Problem> {
    let page = |given: &Option<String>, pointer: &str, default: &str| -> Result<Url, Problem> {
        let text = given.clone().unwrap_or_else(|| format!("{}/payouts/{default}", config.public_url));
        callback(&text, config.https_callbacks_only).map_err(|detail| {
            Problem::invalid("invalid_callback_url", "The page to come back to is not a usable address.")
                .at(pointer, detail)
        })
    };
    Ok(WayBack {
        return_url: page(&query.return_url, "/return_url", "account")?,
        refresh_url: page(&query.refresh_url, "/refresh_url", "account/link")?,
    })
}

/// What lies on the company's account at Stripe. Usually nothing: payouts pass through.
#[utoipa::path(
    tag = "payouts",
    params(AccountQuery),
    responses(
        (status = 200, body = AccountBalanceResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_account`, `payouts_not_offered`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; ask again."),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/stripe/balance")]
pub async fn get_payout_account_balance(
    app: web::Data<App>,
    caller: Caller,
    query: Query<AccountQuery>,
) -> Result<web::Json<AccountBalanceResponse>, Problem> {
    let allowed = caller.allowed::<ManagePayouts>(query.company_id)?;
    let company_id = allowed.company_id();
    let balance = commands::balance(&app, company_id).await?;
    Ok(web::Json(AccountBalanceResponse { company_id, available: balance.available, pending: balance.pending }))
}
