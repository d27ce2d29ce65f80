//! `/v1/payment_intents`: what is charged without a page of Stripe's.

use std::{collections::BTreeMap, fmt};

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{
    destinations::{self, DestinationParams, TransferData},
    request::{AnyonesGet, AnyonesPost, ExpandParams, MayNameKey, Post},
    sessions::{capture_method, missing, web_address},
    transfers::positive,
};
use crate::{
    payments::{attempts::Presence, cards::Card, debits::Account, holds::CaptureMethod, methods::NewIntent, store},
    state::Sandbox,
    stripe::{
        StripeError,
        auth::KeyKind,
        commands::{Command, Verb},
        expand::expand,
        idempotency, objects,
    },
};

/// What is played of <https://docs.stripe.com/api/payment_intents/create>: a saved card of a customer, or none yet, where a client gives
/// one when it confirms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateIntentParams {
    amount: i64,
    currency: String,
    customer: Option<String>,
    payment_method: Option<String>,
    description: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    expand: Vec<String>,
    capture_method: Option<String>,
    #[serde(rename = "automatic_payment_methods")]
    _automatic_payment_methods: Option<IgnoredAny>,
    allowed_payment_method_types: Option<Vec<String>>,
    excluded_payment_method_types: Option<Vec<String>>,
    transfer_data: Option<TransferData>,
    application_fee_amount: Option<i64>,
    on_behalf_of: Option<String>,
    transfer_group: Option<String>,
}

pub async fn create_payment_intent(
    app: Data<Sandbox>,
    request: Post<CreateIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let takes_debits = takes_debits(&params)?;
    let expand = params.expand;
    let amount = positive(params.amount)?;
    let destination = DestinationParams {
        transfer_data: params.transfer_data,
        application_fee_amount: params.application_fee_amount,
        on_behalf_of: params.on_behalf_of,
        transfer_group: params.transfer_group,
    };
    let verb = Verb::CreateIntent(NewIntent {
        amount,
        currency: params.currency.to_lowercase(),
        customer_id: params.customer,
        payment_method_id: params.payment_method,
        description: params.description,
        metadata: json!(params.metadata),
        capture_method: capture_method(params.capture_method.as_deref())?,
        excluded_methods: params.excluded_payment_method_types,
        takes_debits,
        destination: destinations::checked(&app, destination, amount).await?,
    });
    idempotency::run(&app, &idempotency, &Command { verb, expand }).await
}

/// Euros from whoever confirms it, at once, where neither list says otherwise.
fn takes_debits(params: &CreateIntentParams) -> Result<bool, StripeError> {
    let names_it = |names: &Vec<String>| names.iter().any(|name| name == SEPA_DEBIT);
    let is_allowed = params.allowed_payment_method_types.as_ref().is_none_or(names_it)
        && !params.excluded_payment_method_types.as_ref().is_some_and(names_it);
    let is_at_once = capture_method(params.capture_method.as_deref())? == CaptureMethod::Automatic;
    let is_anyones = params.payment_method.is_none();
    Ok(is_allowed && is_at_once && is_anyones && params.currency.eq_ignore_ascii_case("eur"))
}

const SEPA_DEBIT: &str = "sepa_debit";

/// What is played of <https://docs.stripe.com/api/payment_intents/confirm>: by the platform for a saved card, and by a browser, as
/// Stripe.js does it, for one that a customer types there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIntentParams {
    #[serde(default)]
    off_session: bool,
    return_url: Option<String>,
    #[serde(default)]
    expand: Vec<String>,
    key: Option<String>,
    client_secret: Option<String>,
    payment_method_data: Option<MethodData>,
    #[serde(rename = "use_stripe_sdk")]
    _use_stripe_sdk: Option<IgnoredAny>,
    /// That the customer agrees to a debit: Stripe.js says so where they confirm one.
    #[serde(rename = "mandate_data")]
    _mandate_data: Option<IgnoredAny>,
}

/// A number is as good as its card or account: neither expiry nor code, name nor address is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodData {
    #[serde(rename = "type")]
    kind: String,
    card: Option<CardData>,
    sepa_debit: Option<DebitData>,
    #[serde(rename = "billing_details")]
    _billing_details: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DebitData {
    iban: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardData {
    number: String,
    #[serde(rename = "exp_month")]
    _exp_month: Option<IgnoredAny>,
    #[serde(rename = "exp_year")]
    _exp_year: Option<IgnoredAny>,
    #[serde(rename = "cvc")]
    _cvc: Option<IgnoredAny>,
}

impl fmt::Debug for MethodData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodData").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl MayNameKey for ConfirmIntentParams {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

pub async fn confirm_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: AnyonesPost<ConfirmIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let AnyonesPost { params, idempotency, by } = request;
    let id = id.into_inner();
    let return_url = web_address(params.return_url, "return_url")?;
    let verb = match by {
        KeyKind::Secret if params.payment_method_data.is_some() => {
            let message = "The sandbox plays this for browsers, with a publishable key.";
            return Err(StripeError::invalid(message).param("payment_method_data"));
        }
        KeyKind::Secret => {
            let presence = if params.off_session { Presence::OffSession } else { Presence::OnSession };
            Verb::ConfirmIntent { id, presence, return_url }
        }
        KeyKind::Publishable => {
            check_secret(&id, params.client_secret.as_deref())?;
            match typed(params.payment_method_data)? {
                Typed::Card(card) => Verb::ConfirmByClient { card, id, return_url },
                Typed::Account(account) => Verb::DebitByClient { id, account },
            }
        }
    };
    idempotency::run(&app, &idempotency, &Command { verb, expand: params.expand }).await
}

/// A browser may touch the one intent whose secret it has been given.
fn check_secret(id: &str, given: Option<&str>) -> Result<(), StripeError> {
    let given = given.ok_or_else(|| missing("client_secret"))?;
    if given == objects::client_secret(id) {
        return Ok(());
    }
    let message = "The client_secret provided does not match any associated PaymentIntent on this account.".to_owned();
    Err(StripeError::invalid(message).param("client_secret"))
}

/// What a customer has typed, by its name: from here on there is no number any more.
enum Typed {
    /// `None`: not one of the sandbox's.
    Card(Option<&'static Card>),
    Account(&'static Account),
}

fn typed(given: Option<MethodData>) -> Result<Typed, StripeError> {
    let given = given.ok_or_else(|| missing("payment_method_data"))?;
    match (given.kind.as_str(), given.card, given.sepa_debit) {
        ("card", Some(card), None) => Ok(Typed::Card(Card::by_number(&card.number))),
        (SEPA_DEBIT, None, Some(debit)) => Account::by_iban(&debit.iban).map(Typed::Account).ok_or_else(|| {
            let unknown = StripeError::invalid("The sandbox plays Stripe's test accounts.");
            unknown.param("payment_method_data[sepa_debit][iban]")
        }),
        _ => Err(StripeError::invalid("The sandbox plays card and sepa_debit.").param("payment_method_data[type]")),
    }
}

/// What a browser looks an intent up by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrieveIntentParams {
    #[serde(default)]
    expand: Vec<String>,
    key: Option<String>,
    client_secret: Option<String>,
}

impl MayNameKey for RetrieveIntentParams {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

pub async fn retrieve_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: AnyonesGet<RetrieveIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let AnyonesGet { params, by } = request;
    if by == KeyKind::Publishable {
        check_secret(&id, params.client_secret.as_deref())?;
    }
    let mut conn = app.db.conn().await?;
    let row = store::find_intent(&mut conn, &id).await?;
    let row = row.ok_or_else(|| StripeError::missing("payment_intent", &id))?;
    if by == KeyKind::Publishable {
        return Ok(HttpResponse::Ok().json(objects::client_intent(&app, &row)));
    }
    let mut object = objects::intent(&app, &row);
    expand(&app, &mut conn, &mut object, &params.expand).await?;
    Ok(HttpResponse::Ok().json(object))
}

/// What is played of <https://docs.stripe.com/api/payment_intents/capture>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureIntentParams {
    amount_to_capture: Option<i64>,
    #[serde(default)]
    expand: Vec<String>,
}

pub async fn capture_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<CaptureIntentParams>,
) -> Result<HttpResponse, StripeError> {
    let Post { params, idempotency } = request;
    let amount = params.amount_to_capture.map(positive).transpose()?;
    let verb = Verb::CaptureIntent { id: id.into_inner(), amount };
    idempotency::run(&app, &idempotency, &Command { verb, expand: params.expand }).await
}

pub async fn cancel_payment_intent(
    app: Data<Sandbox>,
    id: Path<String>,
    request: Post<ExpandParams>,
) -> Result<HttpResponse, StripeError> {
    let command = Command { verb: Verb::CancelIntent(id.into_inner()), expand: request.params.expand };
    idempotency::run(&app, &request.idempotency, &command).await
}
