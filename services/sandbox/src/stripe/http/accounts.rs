//! `/v1/accounts`, `/v1/account_links` and `/v1/balance`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{
    request::{ExpandParams, Get, OnBehalfOf, Post},
    sessions::{missing, web_address},
};
use crate::{
    connect::{
        accounts::{NewAccount, NewLink},
        store,
    },
    state::Sandbox,
    stripe::{
        StripeError,
        commands::{Command, Verb},
        expand::expand,
        idempotency,
        movements::platform_balance,
        objects,
    },
};

/// What is played of <https://docs.stripe.com/api/accounts/create>: accounts whose onboarding is Stripe's, and that pay
/// nothing out by themselves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateAccountParams {
    country: Option<String>,
    email: Option<String>,
    #[serde(default)]
    business_profile: BusinessProfile,
    settings: Option<Settings>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    expand: Vec<String>,
    #[serde(rename = "capabilities")]
    _capabilities: Option<IgnoredAny>,
    #[serde(rename = "controller")]
    _controller: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BusinessProfile {
    name: Option<String>,
    #[serde(rename = "url")]
    _url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    payouts: PayoutSettings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayoutSettings {
    schedule: PayoutSchedule,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayoutSchedule {
    interval: String,
}

pub async fn create_account(
    app: Data<Sandbox>,
    request: Post<CreateAccountParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let expand = params.expand.clone();
    let verb = Verb::CreateAccount(checked_account(params)?);
    idempotency::run(&app, &idempotency, &Command { verb, expand }).await
}

fn checked_account(params: CreateAccountParams) -> Result<NewAccount, StripeError> {
    let interval = params.settings.map(|settings| settings.payouts.schedule.interval);
    if interval.as_deref() != Some("manual") {
        let message = "The sandbox plays accounts whose payout schedule is manual.";
        return Err(StripeError::invalid(message).param("settings[payouts][schedule][interval]"));
    }
    let country = params.country.ok_or_else(|| missing("country"))?;
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(StripeError::invalid(format!("Country '{country}' is unknown.")).param("country"));
    }
    let (email, company_name) = (params.email, params.business_profile.name);
    Ok(NewAccount { country, email, company_name, metadata: json!(params.metadata) })
}

/// What is played of <https://docs.stripe.com/api/accounts/update>: when an account is paid out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateAccountParams {
    settings: Settings,
    #[serde(default)]
    expand: Vec<String>,
}

pub async fn update_account(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<UpdateAccountParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let interval = params.settings.payouts.schedule.interval;
    if !["manual", "daily"].contains(&interval.as_str()) {
        let message = "The sandbox knows the schedules manual and daily.";
        return Err(StripeError::invalid(message).param("settings[payouts][schedule][interval]"));
    }
    let verb = Verb::SetSchedule { account_id: id.into_inner(), interval };
    idempotency::run(&app, &idempotency, &Command { verb, expand: params.expand }).await
}

pub async fn retrieve_account(
    app: Data<Sandbox>,
    id: Path<String>,
    params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let mut conn = app.db.conn().await?;
    let row = store::find_account(&mut conn, &id).await?;
    let mut object = objects::account(&row.ok_or_else(|| StripeError::missing("account", &id))?);
    expand(&app, &mut conn, &mut object, &params.0.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}

/// What is played of <https://docs.stripe.com/api/account_links/create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateAccountLinkParams {
    account: String,
    #[serde(rename = "type")]
    kind: String,
    return_url: Option<String>,
    refresh_url: Option<String>,
}

pub async fn create_account_link(
    app: Data<Sandbox>,
    request: Post<CreateAccountLinkParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    if params.kind != "account_onboarding" {
        return Err(StripeError::invalid("The sandbox plays links of type account_onboarding.").param("type"));
    }
    let new = NewLink {
        account_id: params.account,
        return_url: web_address(params.return_url, "return_url")?.ok_or_else(|| missing("return_url"))?,
        refresh_url: web_address(params.refresh_url, "refresh_url")?.ok_or_else(|| missing("refresh_url"))?,
    };
    let command = Command { verb: Verb::CreateAccountLink(new), expand: Vec::new() };
    idempotency::run(&app, &idempotency, &command).await
}

/// Of the connected account that is named in `Stripe-Account`, or the platform's own.
pub async fn retrieve_balance(
    app: Data<Sandbox>,
    account: OnBehalfOf,
    _params: Get<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let balance = app.db.transaction(async |conn| balance_in_tx(conn, account.0.as_deref()).await).await?;
    Ok(HttpResponse::Ok().json(objects::balance(&balance)))
}

async fn balance_in_tx(conn: &mut ::store::Conn, account_id: Option<&str>) -> Result<Vec<(String, i64)>, StripeError> {
    let Some(id) = account_id else {
        let amount = platform_balance(conn, "eur").await?;
        return Ok(vec![("eur".to_owned(), amount)]);
    };
    let account = store::find_account(conn, id).await?.ok_or_else(|| StripeError::missing("account", id))?;
    Ok(vec![(account.currency, store::account_balance(conn, id).await?)])
}
