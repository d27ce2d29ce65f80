//! The page on which a company's owner tells Stripe where its bank is.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form},
};
use problem::Problem;
use serde::Deserialize;
use service_kit::Path;

use super::{
    ConnectError,
    accounts::{self, Answers, Verdict, bank_by_number},
    store,
};
use crate::{
    checkout::{html, page, see_other},
    state::Sandbox,
};

#[derive(Debug, Deserialize)]
pub struct OnboardingForm {
    bank_account: String,
    #[serde(default)]
    verdict: String,
}

/// Shows the form; a page that was used or has lapsed sends the person back for a new one.
pub async fn onboarding_page(app: Data<Sandbox>, token: Path<String>) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let link = app.db.transaction(async |conn| accounts::open_link(conn, &token, now).await).await;
    match link {
        Ok(_) => Ok(page(StatusCode::OK, html::onboarding_form(None))),
        Err(error) => refusal(&app, &token, error).await,
    }
}

pub async fn submit_onboarding(
    app: Data<Sandbox>,
    token: Path<String>,
    form: Form<OnboardingForm>,
) -> Result<HttpResponse, Problem> {
    let Some(bank) = bank_by_number(&form.bank_account) else {
        let form = html::onboarding_form(Some("This is none of the sandbox's bank accounts."));
        return Ok(page(StatusCode::BAD_REQUEST, form));
    };
    let verdict = if form.verdict == "restricted" { Verdict::Restricted } else { Verdict::Enabled };
    match accounts::submit(&app, &token, &Answers { bank, verdict }).await {
        Ok(link) => Ok(see_other(&link.return_url)),
        Err(error) => refusal(&app, &token, error).await,
    }
}

async fn refusal(app: &Sandbox, token: &str, error: ConnectError) -> Result<HttpResponse, Problem> {
    match error {
        ConnectError::LinkUsed => {
            let mut conn = app.db.conn().await?;
            let link = store::lock_link(&mut conn, token).await?.ok_or_else(Problem::not_found)?;
            Ok(see_other(&link.refresh_url))
        }
        error => Err(error.into()),
    }
}
