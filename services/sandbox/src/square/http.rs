//! The routes of Square's API.

use ::store::Conn;
use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path, Query},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    SquareError, objects,
    params::{CreateLinkParams, MoneyParams, new_session},
    sellers::{AccessToken, Seller},
};
use crate::{
    answers::{self, Answer, Keyed, Known},
    payments::{
        ChargeRow, PaymentError, Provider, RefundRow, SessionRow,
        refunds::{NewRefund, Paid, create_refund_in_tx},
        sessions::{NewSession, create_session_in_tx, expire_session_in_tx},
        settlements::GivenBack,
        store,
    },
    state::Sandbox,
};

const LONGEST_KEY: usize = 192;
const LONGEST_REFUND_KEY: usize = 45;
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

pub async fn create_payment_link(
    app: Data<Sandbox>,
    token: AccessToken,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, SquareError> {
    let params: CreateLinkParams = parse(&body)?;
    let keyed = params.idempotency_key.as_deref().map(|key| keyed(key, LONGEST_KEY, &request, &body)).transpose()?;
    let seller = seller(&app, &token).await?;
    once(&app, keyed, &Verb::CreateLink(Box::new(new_session(params, &seller)?))).await
}

pub async fn retrieve_payment_link(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let mut conn = app.db.conn().await?;
    let seller = Seller::of(&mut conn, &token, app.clock.now()).await?;
    let session = link_of(&mut conn, &seller, &id).await?;
    let url = app.page_url(&session.id);
    Ok(HttpResponse::Ok().json(json!({"payment_link": objects::payment_link(&session, &url)})))
}

pub async fn delete_payment_link(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let now = app.clock.now();
    let seller = seller(&app, &token).await?;
    let deleted = app.db.transaction(async |conn| delete_link_in_tx(&app, conn, (&seller, now), &id).await).await?;
    app.wake_jobs();
    Ok(HttpResponse::Ok().json(deleted))
}

/// An order that nobody has paid is cancelled with its link.
async fn delete_link_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    (seller, now): (&Seller, Timestamp),
    link_id: &str,
) -> Result<Value, SquareError> {
    let session = link_of(conn, seller, link_id).await?;
    store::clear_link(conn, &session.id).await?;
    match expire_session_in_tx(app, conn, now, &session.id).await {
        Ok(_) => Ok(json!({"id": link_id, "cancelled_order_id": session.id})),
        Err(PaymentError::SessionComplete | PaymentError::SessionExpired) => Ok(json!({"id": link_id})),
        Err(error) => Err(error.into()),
    }
}

pub async fn retrieve_order(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let mut conn = app.db.conn().await?;
    let seller = Seller::of(&mut conn, &token, app.clock.now()).await?;
    let session = square_session(&mut conn, &seller, &id).await?;
    let session = session.ok_or_else(|| SquareError::not_found("The order"))?;
    let paid = match &session.intent_id {
        Some(intent_id) => store::succeeded_charges(&mut conn, intent_id).await?,
        None => Vec::new(),
    };
    Ok(HttpResponse::Ok().json(json!({"order": objects::order(&session, &paid)})))
}

/// What a merchant sells is nobody else's to see.
async fn square_session(conn: &mut Conn, seller: &Seller, id: &str) -> Result<Option<SessionRow>, SquareError> {
    let session = store::find_session(conn, id).await?;
    let is_theirs =
        |session: &SessionRow| session.provider() == Provider::Square && Seller::of_session(session) == *seller;
    Ok(session.filter(is_theirs))
}

async fn link_of(conn: &mut Conn, seller: &Seller, link_id: &str) -> Result<SessionRow, SquareError> {
    let session = store::find_by_link(conn, link_id).await?;
    let theirs = session.filter(|session| Seller::of_session(session) == *seller);
    theirs.ok_or_else(|| SquareError::not_found("The link"))
}

async fn seller(app: &Sandbox, token: &AccessToken) -> Result<Seller, SquareError> {
    let mut conn = app.db.conn().await?;
    Seller::of(&mut conn, token, app.clock.now()).await
}

pub async fn retrieve_payment(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let mut conn = app.db.conn().await?;
    let seller = Seller::of(&mut conn, &token, app.clock.now()).await?;
    let missing = || SquareError::not_found("The payment");
    let charge = store::find_charge(&mut conn, &id).await?.ok_or_else(missing)?;
    let session = session_of(&mut conn, &seller, &charge.intent_id).await?.ok_or_else(missing)?;
    Ok(HttpResponse::Ok().json(json!({"payment": objects::payment(&session, &charge)})))
}

async fn session_of(conn: &mut Conn, seller: &Seller, intent_id: &str) -> Result<Option<SessionRow>, SquareError> {
    let Some(intent) = store::find_intent(conn, intent_id).await? else { return Ok(None) };
    square_session(conn, seller, &intent.session_id).await
}

/// What is played of <https://developer.squareup.com/reference/square/refunds-api/refund-payment>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundParams {
    idempotency_key: String,
    payment_id: String,
    amount_money: MoneyParams,
    reason: Option<String>,
    /// What the platform gives of its fee.
    app_fee_money: Option<MoneyParams>,
}

pub async fn create_refund(
    app: Data<Sandbox>,
    token: AccessToken,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, SquareError> {
    let params: RefundParams = parse(&body)?;
    let keyed = keyed(&params.idempotency_key, LONGEST_REFUND_KEY, &request, &body)?;
    let (amount, currency) = params.amount_money.checked()?;
    let app_fee = params.app_fee_money.map(|money| money.checked()).transpose()?;
    if app_fee.as_ref().is_some_and(|(_, other)| *other != currency) {
        return Err(SquareError::invalid("CURRENCY_MISMATCH", "Not the currency of the refund.").field("app_fee_money"));
    }
    let app_fee = app_fee.map_or(0, |(fee, _)| fee);
    let seller = seller(&app, &token).await?;
    let refund = Refund { payment_id: params.payment_id, amount, currency, reason: params.reason, app_fee, seller };
    once(&app, Some(keyed), &Verb::Refund(refund)).await
}

async fn shown(
    conn: &mut Conn,
    seller: &Seller,
    (refund, charge): (&RefundRow, &ChargeRow),
    status: &str,
) -> Result<Value, SquareError> {
    let session = session_of(conn, seller, &charge.intent_id).await?;
    let session = session.ok_or_else(|| SquareError::not_found("The refund"))?;
    Ok(objects::refund_as(&session, refund, status))
}

pub async fn retrieve_refund(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let mut conn = app.db.conn().await?;
    let seller = Seller::of(&mut conn, &token, app.clock.now()).await?;
    let missing = || SquareError::not_found("The refund");
    let refund = store::find_refund(&mut conn, &id).await?.ok_or_else(missing)?;
    let charge = store::find_charge(&mut conn, &refund.charge_id).await?.ok_or_else(missing)?;
    let shown = shown(&mut conn, &seller, (&refund, &charge), status_of(&refund)).await?;
    Ok(HttpResponse::Ok().json(json!({"refund": shown})))
}

/// What is played of <https://developer.squareup.com/reference/square/refunds-api/list-payment-refunds>: the first page.
#[derive(Debug, Deserialize)]
pub struct ListRefundsParams {
    begin_time: Option<Timestamp>,
}

pub async fn list_refunds(
    app: Data<Sandbox>,
    token: AccessToken,
    params: Query<ListRefundsParams>,
) -> Result<HttpResponse, SquareError> {
    let seller = seller(&app, &token).await?;
    let since = params.begin_time.unwrap_or(Timestamp::UNIX_EPOCH);
    let mut found = store::refunds_at(&mut *app.db.conn().await?, Provider::Square, since).await?;
    found.retain(|(_, session)| Seller::of_session(session) == seller);
    let shown = found.iter().map(|(refund, session)| objects::refund_as(session, refund, status_of(refund)));
    Ok(HttpResponse::Ok().json(json!({"refunds": shown.collect::<Vec<_>>()})))
}

pub async fn list_disputes(app: Data<Sandbox>, _token: AccessToken) -> Result<HttpResponse, SquareError> {
    let found = store::disputes_at(&mut *app.db.conn().await?, Provider::Square).await?;
    let shown = found
        .iter()
        .map(|(dispute, charge)| objects::dispute(charge, dispute, dispute.decided_at.unwrap_or(dispute.created_at)));
    Ok(HttpResponse::Ok().json(json!({"disputes": shown.collect::<Vec<_>>()})))
}

fn status_of(refund: &RefundRow) -> &'static str {
    if refund.failed_at.is_some() { "FAILED" } else { "COMPLETED" }
}

pub async fn list_locations(app: Data<Sandbox>, token: AccessToken) -> Result<HttpResponse, SquareError> {
    let seller = seller(&app, &token).await?;
    Ok(HttpResponse::Ok().json(json!({"locations": [seller.location_object()]})))
}

/// `main` is the main one of whoever asks.
pub async fn retrieve_location(
    app: Data<Sandbox>,
    token: AccessToken,
    id: Path<String>,
) -> Result<HttpResponse, SquareError> {
    let seller = seller(&app, &token).await?;
    if *id != "main" && *id != seller.location() {
        return Err(SquareError::not_found("The location"));
    }
    Ok(HttpResponse::Ok().json(json!({"location": seller.location_object()})))
}

/// What the sandbox does not play is said in Square's own words.
pub async fn unknown_route() -> Result<HttpResponse, SquareError> {
    Err(SquareError::not_found("The resource"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SquareError> {
    serde_json::from_slice(body).map_err(|error| SquareError::invalid("BAD_REQUEST", error.to_string()))
}

fn keyed(key: &str, longest: usize, request: &HttpRequest, body: &[u8]) -> Result<Keyed, SquareError> {
    if key.is_empty() || key.len() > longest {
        let detail = format!("Field must not be longer than {longest} characters.");
        return Err(SquareError::invalid("VALUE_TOO_LONG", detail).field("idempotency_key"));
    }
    Ok(Keyed::new("square", key, request.path(), body))
}

/// What the API can be asked to do once, after its parameters have been accepted.
enum Verb {
    CreateLink(Box<NewSession>),
    Refund(Refund),
}

struct Refund {
    payment_id: String,
    amount: i64,
    currency: String,
    reason: Option<String>,
    app_fee: i64,
    seller: Seller,
}

async fn execute(app: &Sandbox, conn: &mut Conn, now: Timestamp, verb: &Verb) -> Result<Value, SquareError> {
    match verb {
        Verb::CreateLink(new) => {
            let session = create_session_in_tx(conn, now, new.as_ref().clone()).await?;
            let link = objects::payment_link(&session, &app.page_url(&session.id));
            Ok(json!({"payment_link": link, "related_resources": {"orders": [objects::order(&session, &[])]}}))
        }
        Verb::Refund(refund) => refund_in_tx(conn, now, refund).await,
    }
}

async fn refund_in_tx(conn: &mut Conn, now: Timestamp, wanted: &Refund) -> Result<Value, SquareError> {
    let charge = store::find_charge(conn, &wanted.payment_id).await?;
    let charge = charge.ok_or_else(|| SquareError::not_found("The payment"))?;
    let session = session_of(conn, &wanted.seller, &charge.intent_id).await?;
    session.ok_or_else(|| SquareError::not_found("The payment"))?;
    if charge.currency != wanted.currency {
        return Err(SquareError::invalid("CURRENCY_MISMATCH", "Not the currency of the payment."));
    }
    let new = NewRefund {
        paid: Paid::Charge(charge.id.clone()),
        amount: Some(wanted.amount),
        reason: wanted.reason.clone(),
        metadata: json!({}),
        given_back: given_back(wanted),
    };
    let refund = create_refund_in_tx(conn, now, new).await?;
    // The bank is asked after this has been answered.
    Ok(json!({"refund": shown(conn, &wanted.seller, (&refund, &charge), "PENDING").await?}))
}

/// The seller bears a refund, less what the platform gives of its fee.
fn given_back(wanted: &Refund) -> GivenBack {
    if wanted.seller.is_platform() && wanted.app_fee == 0 { GivenBack::Nothing } else { GivenBack::Fee(wanted.app_fee) }
}

/// Carries a call out, once per key; a refusal is kept too.
async fn once(app: &Sandbox, keyed: Option<Keyed>, verb: &Verb) -> Result<HttpResponse, SquareError> {
    let now = app.clock.now();
    let answer = app.db.transaction(async |conn| once_in_tx(app, conn, now, keyed.as_ref(), verb).await).await?;
    app.wake_jobs();
    Ok(HttpResponse::build(answer.status).content_type("application/json").body(answer.body))
}

async fn once_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    keyed: Option<&Keyed>,
    verb: &Verb,
) -> Result<Answer, SquareError> {
    let Some(keyed) = keyed else {
        return execute(app, conn, now, verb).await.map(|object| Answer::new(StatusCode::OK, &object));
    };
    match answers::look_up(conn, keyed, now, KEPT_FOR).await? {
        Known::Answer(answer) => return Ok(answer),
        Known::Reused => return Err(SquareError::key_reused()),
        Known::InUse => return Err(SquareError::conflict()),
        Known::Nothing => {}
    }
    let answer = match execute(app, conn, now, verb).await {
        Ok(object) => Answer::new(StatusCode::OK, &object),
        Err(error) if error.status().is_client_error() => Answer::new(error.status(), &error.body()),
        Err(error) => return Err(error),
    };
    answers::keep(conn, keyed, &answer, now).await?;
    Ok(answer)
}
