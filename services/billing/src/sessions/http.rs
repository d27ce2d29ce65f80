//! Sessions over HTTP.

use actix_web::{post, web};
use kernel::PaymentMethodId;
use problem::Problem;
use providers::ProviderName;
use serde::Deserialize;
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Scope, StoredAnswer};
use url::Url;

use super::{
    SessionError,
    create::{CreateSession, create_session as create},
    elements::{PaymentSessionResponse, with_secret},
    model::{Asked, Callbacks},
    payer::{PaidBy, Payer},
};
use crate::{App, config::Config, payables::PayableRef, payments::http::PaymentResponse};

const LONGEST_URL: usize = 2_000;

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CaptureMode)]
pub enum Capture {
    Automatic,
    Manual,
}

/// Where the customer pays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SessionUi)]
pub enum Ui {
    /// On the provider's page.
    #[default]
    Hosted,
    /// On the client's own page, in fields that are the provider's.
    Elements,
}

/// As much as Stripe takes: eight digits.
const MOST_HELD: i64 = 99_999_999;

/// What is asked for: an amount belongs to what is held, and to that alone.
pub fn asked(capture: Option<Capture>, amount: Option<i64>) -> Result<Asked, Problem> {
    let invalid =
        |detail: &str| Problem::invalid("validation_failed", "The request has invalid values.").at("/amount", detail);
    match (capture, amount) {
        (Some(Capture::Manual), Some(amount)) if (1..=MOST_HELD).contains(&amount) => Ok(Asked::Hold(amount)),
        (Some(Capture::Manual), Some(_)) => Err(invalid("expected 1 to 99999999 minor units")),
        (Some(Capture::Manual), None) => Err(invalid("expected what is to be held")),
        (Some(Capture::Automatic) | None, None) => Ok(Asked::Due),
        (Some(Capture::Automatic) | None, Some(_)) => {
            Err(invalid("what is due is charged; only what is held has an amount"))
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSessionRequest {
    pub payable: PayableRef,
    /// The company's choice when absent, or the platform's default.
    #[schema(value_type = Option<String>, pattern = "^(stripe|square|paypal)$", example = "stripe")]
    pub provider: Option<ProviderName>,
    /// One of the payer's saved methods: it is charged at once, and there is a page only where their bank wants to hear
    /// them. It has a provider of its own: name no other beside it.
    pub payment_method_id: Option<PaymentMethodId>,
    /// `hosted` when absent: the answer has a `checkout_url`. `elements`: the client shows fields of Stripe's on its own page, and
    /// the answer has the `client_secret` and `publishable_key` with which it confirms the payment. Stripe alone offers it.
    pub ui: Option<Ui>,
    /// `automatic` when absent: what is due is paid. `manual`: `amount` is held on the payer's card, and taken later, all of
    /// it or a part, if at all.
    pub capture: Option<Capture>,
    /// What is to be held, in minor units of the payable's currency; with `manual`, and nowhere else.
    #[schema(minimum = 1, maximum = 99_999_999)]
    pub amount: Option<i64>,
    /// Where the customer comes back to after paying: http or https. `payment_id` is added to its query.
    #[schema(format = "uri", max_length = 2000)]
    pub success_url: Option<String>,
    /// Where the customer comes back to without having paid.
    #[schema(format = "uri", max_length = 2000)]
    pub cancel_url: Option<String>,
}

/// Opens a page to pay on, or charges a saved method. It asks for the deposit where there is one, then for what is left, and
/// supersedes the page that was opened for the same payable before. With `"capture": "manual"` nothing is paid: money is held.
/// The answer to a key is kept without the `client_secret`, which the provider is asked for each time.
#[utoipa::path(
    tag = "payments",
    request_body = CreateSessionRequest,
    params(("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = PaymentSessionResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`nothing_due`, `company_closed`, `payments_not_enabled`, `authorization_not_offered`, `authorization_too_late`, `idempotency_in_progress`"),
        (status = 410, body = problem::ProblemBody, description = "`hold_expired`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; send the same key again."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/session")]
pub async fn create_session(
    app: web::Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<CreateSessionRequest>,
) -> Result<StoredAnswer, Problem> {
    let idempotent = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/payments/session",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Money,
        now: app.clock.now(),
    };
    let body = body.into_inner();
    let ui = body.ui.unwrap_or_default();
    let wish = wish(&app, caller, body)?;
    let answer = create(&app, &idempotent, &wish, PaymentResponse::of).await?;
    Ok(match ui {
        Ui::Hosted => answer,
        Ui::Elements => with_secret(&app, answer).await?,
    })
}

fn wish(app: &App, payer: Caller, request: CreateSessionRequest) -> Result<CreateSession, Problem> {
    let CreateSessionRequest { payable, provider, payment_method_id, ui, capture, amount, success_url, cancel_url } =
        request;
    let asked = asked(capture, amount)?;
    let callbacks = callbacks(&app.config, "payments", success_url, cancel_url)?;
    let refused = |pointer: &str, detail: &str| Err(Problem::invalid("validation_failed", detail).at(pointer, detail));
    let by = match (payment_method_id, enabled(app, provider)?, ui.unwrap_or_default()) {
        (None, provider, Ui::Hosted) => PaidBy::Page(provider),
        (None, provider, Ui::Elements) => PaidBy::Elements(provider),
        (Some(method), None, Ui::Hosted) => PaidBy::Saved(method),
        (Some(_), Some(_), _) => return refused("/provider", "A saved payment method has a provider of its own."),
        (Some(_), None, Ui::Elements) => {
            return refused("/ui", "A saved payment method is charged without any fields.");
        }
    };
    Ok(CreateSession { payer: Payer::Customer { caller: payer, by }, payable, asked, callbacks })
}

/// The provider that was asked for, if any, among those there are.
pub fn enabled(app: &App, wanted: Option<ProviderName>) -> Result<Option<ProviderName>, SessionError> {
    let providers = app.providers();
    if providers.enabled().is_empty() {
        return Err(SessionError::PaymentsOff);
    }
    match wanted.filter(|name| providers.get(*name).is_none()) {
        Some(name) => Err(SessionError::ProviderNotEnabled(name)),
        None => Ok(wanted),
    }
}

/// The given pages, or the platform's own below `folder`.
pub fn callbacks(
    config: &Config,
    folder: &str,
    success_url: Option<String>,
    cancel_url: Option<String>,
) -> Result<Callbacks, Problem> {
    let page = |given: Option<String>, pointer: &str, default: &str| {
        let text = given.unwrap_or_else(|| format!("{}/{folder}/{default}", config.public_url));
        callback(&text, config.https_callbacks_only).map_err(|detail| {
            Problem::invalid("invalid_callback_url", "The page to come back to is not a usable address.")
                .at(pointer, detail)
        })
    };
    Ok(Callbacks {
        success_url: page(success_url, "/success_url", "success")?,
        cancel_url: page(cancel_url, "/cancel_url", "cancelled")?,
    })
}

/// An address a browser may be sent to: nothing else than a page, and nobody's password in it.
pub fn callback(text: &str, https_only: bool) -> Result<Url, &'static str> {
    if text.len() > LONGEST_URL {
        return Err("longer than 2000 bytes");
    }
    if text.chars().any(char::is_control) {
        return Err("control characters");
    }
    let url: Url = text.parse().map_err(|_| "not an absolute URL")?;
    match url.scheme() {
        "https" => {}
        "http" if !https_only => {}
        "http" => return Err("expected https"),
        _ => return Err("expected http or https"),
    }
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if url.has_host() && !has_credentials { Ok(url) } else { Err("expected a host without credentials") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_belongs_to_what_is_held() {
        let manual = Some(Capture::Manual);
        assert_eq!(asked(manual, Some(1)).unwrap(), Asked::Hold(1));
        assert_eq!(asked(Some(Capture::Automatic), None).unwrap(), Asked::Due);
        for (capture, amount) in [(manual, None), (manual, Some(0)), (manual, Some(100_000_000)), (None, Some(5))] {
            assert!(asked(capture, amount).is_err(), "{capture:?} {amount:?}");
        }
    }

    #[test]
    fn only_pages_are_accepted_as_callbacks() {
        for good in ["https://example.com/thanks?x=1#done", "http://127.0.0.1:3000/", "https://exämple.com/"] {
            assert!(callback(good, false).is_ok(), "{good}");
        }
        let long = format!("https://example.com/{}", "x".repeat(LONGEST_URL));
        for bad in [
            "",
            "thanks",
            "/thanks",
            "javascript:alert(1)",
            "ftp://example.com/",
            "https://",
            "https://user:pw@example.com/",
            "https://exa\nmple.com/",
            &long,
            "data:text/html,x",
            "mailto:a@b.c",
        ] {
            assert!(callback(bad, false).is_err(), "{bad}");
        }
        assert!(callback("http://example.com/", true).is_err());
    }
}
