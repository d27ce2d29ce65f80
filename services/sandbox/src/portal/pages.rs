//! The portal's page. Whoever has its address is the person.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form},
};
use problem::Problem;
use serde::Deserialize;
use service_kit::Path;

use super::commands::{Choice, choose, show};
use crate::{
    checkout::{html, page, see_other},
    payments::PaymentError,
    state::Sandbox,
};

#[derive(Debug, Deserialize)]
pub struct ChoiceForm {
    method: String,
    action: String,
}

pub async fn portal_page(app: Data<Sandbox>, token: Path<String>) -> Result<HttpResponse, Problem> {
    match show(&app, &token).await {
        Ok(shown) => {
            let form = html::portal_form(&shown.customer, &shown.methods, &shown.portal.return_url);
            Ok(page(StatusCode::OK, form))
        }
        Err(error) => refusal(error),
    }
}

pub async fn submit_choice(
    app: Data<Sandbox>,
    token: Path<String>,
    form: Form<ChoiceForm>,
) -> Result<HttpResponse, Problem> {
    let choice = if form.action == "remove" { Choice::Remove } else { Choice::Default };
    match choose(&app, &token, &form.method, choice).await {
        // Somebody who clicks twice sees what there is.
        Ok(()) | Err(PaymentError::NotAttached) => Ok(see_other(&format!("/checkout/portal/{}", *token))),
        Err(error) => refusal(error),
    }
}

fn refusal(error: PaymentError) -> Result<HttpResponse, Problem> {
    match error {
        PaymentError::SessionExpired => {
            let text = "Go back to where you came from and open it again.";
            Ok(page(StatusCode::GONE, html::notice("This page has expired", text, None)))
        }
        PaymentError::NotFound { .. } => Err(Problem::not_found()),
        PaymentError::Store(error) => Err(error.into()),
        other => Err(Problem::internal(other)),
    }
}
