//! The connection of a company's Square account: the page on which its owner agrees, and the exchange of codes and
//! tokens with PKCE (<https://developer.squareup.com/docs/oauth-api/overview>).

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Form, Json, Query},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::Conn;

use super::{SquareError, objects::instant};
use crate::{checkout, payments::square_id, schema::square_grants, state::Sandbox};

const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What the platform asks the owner's browser to bring.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthorizeParams {
    client_id: String,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    code_challenge: Option<String>,
    redirect_uri: String,
    #[serde(rename = "session")]
    _session: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Consent {
    answer: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = square_grants)]
struct GrantRow {
    secret: String,
    kind: String,
    merchant_id: String,
    client_id: String,
    challenge: Option<String>,
    redirect_uri: Option<String>,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    used_at: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    expires_at: Timestamp,
}

/// The page on which a person lets the platform act for their account.
pub async fn authorize_page(params: Query<AuthorizeParams>) -> HttpResponse {
    checkout::consent_page(&params.client_id, &params.scope)
}

/// Sends the person back with a code, or with Square's refusal.
pub async fn authorize(
    app: Data<Sandbox>,
    params: Query<AuthorizeParams>,
    form: Form<Consent>,
) -> Result<HttpResponse, Problem> {
    let back = url::Url::parse(&params.redirect_uri);
    let mut back = back.map_err(|_| Problem::bad_request("invalid_redirect_uri", "The address is not usable."))?;
    if form.answer == "allow" {
        let code = insert_code(&app, &params).await?;
        back.query_pairs_mut().append_pair("code", &code).append_pair("response_type", "code");
    } else {
        back.query_pairs_mut().append_pair("error", "access_denied").append_pair("error_description", "user_denied");
    }
    if let Some(state) = &params.state {
        back.query_pairs_mut().append_pair("state", state);
    }
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, back.as_str())).finish())
}

async fn insert_code(app: &Sandbox, params: &AuthorizeParams) -> Result<String, Problem> {
    let code = format!("sandbox-sq0cgb-{}", square_id());
    let grant = GrantRow {
        secret: code.clone(),
        kind: "code".to_owned(),
        merchant_id: format!("ML{}", square_id().to_ascii_uppercase()),
        client_id: params.client_id.clone(),
        challenge: params.code_challenge.clone(),
        redirect_uri: Some(params.redirect_uri.clone()),
        used_at: None,
        expires_at: app.clock.now() + CODE_LIFETIME,
    };
    let mut conn = app.db.conn().await?;
    insert_grant(&mut conn, grant).await.map_err(Problem::from)?;
    Ok(code)
}

async fn insert_grant(conn: &mut Conn, grant: GrantRow) -> Result<(), store::Error> {
    diesel::insert_into(square_grants::table).values(grant).execute(conn).await?;
    Ok(())
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenParams {
    client_id: String,
    grant_type: String,
    code: Option<String>,
    code_verifier: Option<String>,
    redirect_uri: Option<String>,
    refresh_token: Option<String>,
}

pub async fn obtain_token(app: Data<Sandbox>, params: Json<TokenParams>) -> Result<HttpResponse, SquareError> {
    let now = app.clock.now();
    let params = params.into_inner();
    let token = app.db.transaction(async |conn| obtain_in_tx(conn, now, &params).await).await?;
    Ok(HttpResponse::Ok().json(token))
}

async fn obtain_in_tx(conn: &mut Conn, now: Timestamp, params: &TokenParams) -> Result<Value, SquareError> {
    let grant = match params.grant_type.as_str() {
        "authorization_code" => redeem(conn, now, "code", params.code.as_deref(), params).await?,
        "refresh_token" => redeem(conn, now, "refresh", params.refresh_token.as_deref(), params).await?,
        _ => return Err(SquareError::invalid("INVALID_VALUE", "Not a grant type.").field("grant_type")),
    };
    if grant.kind == "code" && !proves(&grant, params) {
        return Err(SquareError::unauthorized());
    }
    let new = |kind: &str, lifetime: SignedDuration| GrantRow {
        secret: format!("EAAA{kind}{}", square_id()),
        kind: kind.to_owned(),
        merchant_id: grant.merchant_id.clone(),
        client_id: grant.client_id.clone(),
        challenge: None,
        redirect_uri: None,
        used_at: None,
        expires_at: now + lifetime,
    };
    let (access, refresh) = (new("access", ACCESS_LIFETIME), new("refresh", REFRESH_LIFETIME));
    let answer = json!({
        "access_token": access.secret,
        "token_type": "bearer",
        "expires_at": instant(access.expires_at),
        "merchant_id": grant.merchant_id,
        "refresh_token": refresh.secret,
        "refresh_token_expires_at": instant(refresh.expires_at),
        "short_lived": false,
    });
    insert_grant(conn, access).await?;
    insert_grant(conn, refresh).await?;
    Ok(answer)
}

/// A code or refresh token that nobody has used, which is used up by this.
async fn redeem(
    conn: &mut Conn,
    now: Timestamp,
    kind: &str,
    secret: Option<&str>,
    params: &TokenParams,
) -> Result<GrantRow, SquareError> {
    let found = square_grants::table
        .find(secret.unwrap_or_default())
        .filter(square_grants::kind.eq(kind))
        .select(GrantRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
        .map_err(store::Error::from)?;
    let usable =
        |grant: &GrantRow| grant.used_at.is_none() && now < grant.expires_at && grant.client_id == params.client_id;
    let grant: GrantRow = found.filter(usable).ok_or_else(SquareError::unauthorized)?;
    diesel::update(square_grants::table.find(&grant.secret))
        .set(square_grants::used_at.eq(now.to_diesel()))
        .execute(conn)
        .await
        .map_err(store::Error::from)?;
    Ok(grant)
}

/// Whoever exchanges a code is the one who asked for it (RFC 7636), and sends the person to where it said it would.
fn proves(grant: &GrantRow, params: &TokenParams) -> bool {
    let proof = params.code_verifier.as_deref().map(|verifier| BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    grant.challenge == proof && grant.redirect_uri == params.redirect_uri
}
