//! Onboarding and settling without a browser and without waiting.

use actix_web::{HttpResponse, post, web::Data};
use problem::Problem;
use serde::Deserialize;
use service_kit::{Json, Path};

use super::{
    ConnectError,
    accounts::{self, Answers, Verdict, bank_by_number},
    payouts::{self, Settlement},
};
use crate::{paypal, state::Sandbox};

#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnboardingOutcome {
    #[default]
    Enabled,
    Restricted,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnboardAccountRequest {
    /// A test bank account, with or without spaces; one that pays when absent.
    #[schema(example = "DE89370400440532013000")]
    pub bank_account: Option<String>,
    #[serde(default)]
    pub outcome: OnboardingOutcome,
}

/// Goes through the onboarding of an account, by its own id or the company's.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "Provider account id or company id")),
    request_body = OnboardAccountRequest, responses((status = 204)))]
#[post("/sandbox/accounts/{id}/onboard")]
pub async fn onboard_account(
    app: Data<Sandbox>,
    id: Path<String>,
    body: Json<OnboardAccountRequest>,
) -> Result<HttpResponse, Problem> {
    let bank = match &body.bank_account {
        Some(number) => bank_by_number(number).ok_or_else(unknown_bank)?,
        None => "pays",
    };
    let verdict = match body.outcome {
        OnboardingOutcome::Enabled => Verdict::Enabled,
        OnboardingOutcome::Restricted => Verdict::Restricted,
    };
    accounts::onboard(&app, &id, &Answers { bank, verdict }).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn unknown_bank() -> Problem {
    Problem::invalid("validation_failed", "The request has invalid values.")
        .at("/bank_account", "not one of the sandbox's bank accounts")
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutOutcome {
    Paid,
    Failed,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlePayoutRequest {
    pub outcome: PayoutOutcome,
}

/// Lets the bank, or PayPal's receiver, decide now, by the provider's id of the payout or the platform's. What was paid can still
/// fail.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "The provider's id of the payout, or the platform's")),
    request_body = SettlePayoutRequest, responses((status = 204)))]
#[post("/sandbox/payouts/{id}/settle")]
pub async fn settle_payout(
    app: Data<Sandbox>,
    id: Path<String>,
    body: Json<SettlePayoutRequest>,
) -> Result<HttpResponse, Problem> {
    let settlement = match body.outcome {
        PayoutOutcome::Paid => Settlement::Paid,
        PayoutOutcome::Failed => Settlement::Failed,
    };
    match payouts::settle(&app, &id, settlement).await {
        Err(ConnectError::NotFound { .. }) => paypal::payouts::settle(&app, &id, settlement).await?,
        settled => settled?,
    }
    Ok(HttpResponse::NoContent().finish())
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Store(error) => error.into(),
            ConnectError::NotFound { .. } => Self::not_found(),
            ConnectError::AlreadySettled => Self::conflict("already_settled", "This payout has come to its end."),
            ConnectError::LinkUsed => Self::gone("link_used", "This page was used, or has lapsed."),
            other => Self::internal(other),
        }
    }
}
