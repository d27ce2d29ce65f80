//! The routes of PayPal's API.

use ::store::Conn;
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    AccessToken, PaypalError,
    amounts::AmountParams,
    objects,
    payouts::{NewPayout, accept_in_tx},
};
use crate::{
    answers::{self, Answer, Keyed, Known},
    payments::{
        ChargeRow, Outcome, Provider, SessionRow,
        attempts::capture_in_tx,
        holds::CaptureMethod,
        refunds::{NewRefund, Paid, create_refund_in_tx},
        sessions::{Mode, NewSession, create_session_in_tx, session_at},
        settlements::GivenBack,
        store,
    },
    state::Sandbox,
};

/// What is played of <https://developer.paypal.com/docs/api/orders/v2/#orders_create>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateOrderParams {
    intent: String,
    purchase_units: Vec<UnitParams>,
    #[serde(default)]
    payment_source: Value,
    #[serde(default)]
    application_context: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitParams {
    #[serde(rename = "reference_id")]
    _reference_id: Option<String>,
    amount: AmountParams,
    description: Option<String>,
    custom_id: Option<String>,
    invoice_id: Option<String>,
}

/// PayPal keeps the answers of orders for some hours, and of payments for 45 days; of payouts for 30 days.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(72);
const PAYOUTS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
const LONGEST_KEY: usize = 108;
const LONGEST_TEXT: usize = 127;

pub async fn create_order(
    app: Data<Sandbox>,
    _token: AccessToken,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, PaypalError> {
    once(&app, keyed(&request, &body)?, &Verb::CreateOrder(Box::new(new_session(parse(&body)?)?))).await
}

fn new_session(params: CreateOrderParams) -> Result<NewSession, PaypalError> {
    if params.intent != "CAPTURE" {
        return Err(PaypalError::unprocessable("UNSUPPORTED_INTENT"));
    }
    let [unit] = <[UnitParams; 1]>::try_from(params.purchase_units)
        .map_err(|_| PaypalError::bad_request("The sandbox plays orders of one purchase unit.".to_owned()))?;
    let (amount, currency) = unit.amount.checked()?;
    for text in [&unit.description, &unit.custom_id, &unit.invoice_id].into_iter().flatten() {
        if text.chars().count() > LONGEST_TEXT {
            return Err(PaypalError::bad_request("A text of more than 127 characters.".to_owned()));
        }
    }
    let wallet = &params.payment_source["paypal"];
    let context = wallet.get("experience_context").unwrap_or(&params.application_context);
    let page = |name: &str| context[name].as_str().map(str::to_owned);
    Ok(NewSession {
        provider: Provider::Paypal,
        client_reference_id: unit.custom_id,
        amount,
        currency,
        description: unit.description.unwrap_or_default(),
        customer_email: wallet["email_address"].as_str().map(str::to_owned),
        success_url: page("return_url").unwrap_or_default(),
        cancel_url: page("cancel_url"),
        metadata: json!({}),
        intent_metadata: json!({}),
        intent_description: None,
        expires_at: None,
        detail: json!({"invoice_id": unit.invoice_id}),
        mode: Mode::Payment,
        customer_id: None,
        capture_method: CaptureMethod::Automatic,
    })
}

pub async fn retrieve_order(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let session = session_at(&app, app.clock.now(), &id).await?;
    // PayPal forgets an order that nobody has approved in time.
    if session.provider() != Provider::Paypal || session.status == "expired" {
        return Err(PaypalError::not_found());
    }
    let mut conn = app.db.conn().await?;
    Ok(HttpResponse::Ok().json(shown(&app, &mut conn, &session).await?))
}

async fn shown(app: &Sandbox, conn: &mut Conn, session: &SessionRow) -> Result<Value, PaypalError> {
    let Some(intent_id) = &session.intent_id else { return Ok(objects::order(app, session, None, &[])) };
    let intent = store::find_intent(conn, intent_id).await?;
    let captures = store::succeeded_charges(conn, intent_id).await?;
    Ok(objects::order(app, session, intent.as_ref(), &captures))
}

pub async fn capture_order(
    app: Data<Sandbox>,
    _token: AccessToken,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, PaypalError> {
    once(&app, keyed(&request, &body)?, &Verb::Capture(id.into_inner())).await
}

pub async fn retrieve_capture(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let mut conn = app.db.conn().await?;
    let (session, charge) = captured(&mut conn, &id).await?;
    Ok(HttpResponse::Ok().json(objects::capture(&app, &session, &charge)))
}

async fn captured(conn: &mut Conn, id: &str) -> Result<(SessionRow, ChargeRow), PaypalError> {
    let charge = store::find_charge(conn, id).await?.ok_or_else(PaypalError::not_found)?;
    let intent = store::find_intent(conn, &charge.intent_id).await?.ok_or_else(PaypalError::not_found)?;
    let session = store::find_session(conn, &intent.session_id).await?;
    let session = session.filter(|session| session.provider() == Provider::Paypal);
    Ok((session.ok_or_else(PaypalError::not_found)?, charge))
}

/// What is played of <https://developer.paypal.com/docs/api/payments/v2/#captures_refund>.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RefundParams {
    amount: Option<AmountParams>,
    custom_id: Option<String>,
    invoice_id: Option<String>,
    note_to_payer: Option<String>,
}

pub async fn refund_capture(
    app: Data<Sandbox>,
    _token: AccessToken,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, PaypalError> {
    let params: RefundParams = if body.is_empty() { RefundParams::default() } else { parse(&body)? };
    let wanted = params.amount.as_ref().map(AmountParams::checked).transpose()?;
    let metadata = json!({
        "custom_id": params.custom_id, "invoice_id": params.invoice_id, "note_to_payer": params.note_to_payer,
    });
    let refund = Refund { capture_id: id.into_inner(), wanted, metadata };
    once(&app, keyed(&request, &body)?, &Verb::Refund(refund)).await
}

pub async fn retrieve_refund(
    app: Data<Sandbox>,
    _token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, PaypalError> {
    let mut conn = app.db.conn().await?;
    let refund = store::find_refund(&mut conn, &id).await?.ok_or_else(PaypalError::not_found)?;
    captured(&mut conn, &refund.charge_id).await?;
    Ok(HttpResponse::Ok().json(objects::refund(&refund)))
}

/// What the sandbox does not play is said in PayPal's own words.
pub async fn unknown_route() -> Result<HttpResponse, PaypalError> {
    Err(PaypalError::not_found())
}

pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, PaypalError> {
    serde_json::from_slice(body).map_err(|error| PaypalError::bad_request(error.to_string()))
}

pub fn keyed(request: &HttpRequest, body: &[u8]) -> Result<Option<Keyed>, PaypalError> {
    let Some(value) = request.headers().get("paypal-request-id") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    let key = key.ok_or_else(|| PaypalError::bad_request("PayPal-Request-Id has 1 to 108 characters.".to_owned()))?;
    Ok(Some(Keyed::new("paypal", key, request.path(), body)))
}

/// What the API can be asked to do once, after its parameters have been accepted.
pub enum Verb {
    CreateOrder(Box<NewSession>),
    Capture(String),
    Refund(Refund),
    PayOut(Box<NewPayout>),
}

impl Verb {
    fn kept_for(&self) -> SignedDuration {
        if matches!(self, Self::PayOut(_)) { PAYOUTS_KEPT_FOR } else { KEPT_FOR }
    }
}

pub struct Refund {
    capture_id: String,
    /// All that is left unless given.
    wanted: Option<(i64, String)>,
    metadata: Value,
}

/// `None` is a payment that was declined. It is no error to the transaction, because its effect stays.
async fn execute(app: &Sandbox, conn: &mut Conn, now: Timestamp, verb: &Verb) -> Result<Option<Value>, PaypalError> {
    match verb {
        Verb::CreateOrder(new) => {
            let session = create_session_in_tx(conn, now, new.as_ref().clone()).await?;
            Ok(Some(objects::order(app, &session, None, &[])))
        }
        Verb::Capture(id) => match capture_in_tx(app, conn, now, id).await? {
            Outcome::Succeeded => {
                let session = store::find_session(conn, id).await?.ok_or_else(PaypalError::not_found)?;
                shown(app, conn, &session).await.map(Some)
            }
            Outcome::Declined(_) | Outcome::RequiresAction => Ok(None),
        },
        Verb::Refund(refund) => refund_in_tx(conn, now, refund).await.map(Some),
        Verb::PayOut(new) => accept_in_tx(conn, now, new.as_ref().clone()).await.map(Some),
    }
}

async fn refund_in_tx(conn: &mut Conn, now: Timestamp, refund: &Refund) -> Result<Value, PaypalError> {
    let (_, charge) = captured(conn, &refund.capture_id).await?;
    if refund.wanted.as_ref().is_some_and(|(_, currency)| *currency != charge.currency) {
        return Err(PaypalError::unprocessable("CURRENCY_MISMATCH"));
    }
    let amount = refund.wanted.as_ref().map(|(amount, _)| *amount);
    let given_back = GivenBack::Nothing;
    let metadata = refund.metadata.clone();
    let new = NewRefund { paid: Paid::Charge(charge.id), amount, reason: None, metadata, given_back };
    Ok(objects::refund(&create_refund_in_tx(conn, now, new).await?))
}

/// Carries a call out, once per key. PayPal answers a repeat with 200 and keeps no refusals.
pub async fn once(app: &Sandbox, keyed: Option<Keyed>, verb: &Verb) -> Result<HttpResponse, PaypalError> {
    let now = app.clock.now();
    let answer = app.db.transaction(async |conn| once_in_tx(app, conn, now, keyed.as_ref(), verb).await).await?;
    app.wake_jobs();
    let Some(answer) = answer else { return Err(PaypalError::unprocessable("INSTRUMENT_DECLINED")) };
    let status = if answer.replayed { StatusCode::OK } else { answer.status };
    Ok(HttpResponse::build(status).content_type("application/json").body(answer.body))
}

async fn once_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    keyed: Option<&Keyed>,
    verb: &Verb,
) -> Result<Option<Answer>, PaypalError> {
    if let Some(keyed) = keyed {
        match answers::look_up(conn, keyed, now, verb.kept_for()).await? {
            Known::Answer(answer) => return Ok(Some(answer)),
            Known::Reused => return Err(PaypalError::unprocessable("DUPLICATE_REQUEST_ID")),
            Known::InUse => return Err(PaypalError::conflict()),
            Known::Nothing => {}
        }
    }
    let Some(object) = execute(app, conn, now, verb).await? else { return Ok(None) };
    let answer = Answer::new(StatusCode::CREATED, &object);
    if let Some(keyed) = keyed {
        answers::keep(conn, keyed, &answer, now).await?;
    }
    Ok(Some(answer))
}
