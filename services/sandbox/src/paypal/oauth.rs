//! Access tokens for a client's credentials: <https://developer.paypal.com/api/rest/authentication/>.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web::Form};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::PaypalError;
use crate::payments::paypal_id;

const PREFIX: &str = "A21AA";

/// PayPal's lasts nine hours.
const LIFETIME_SECS: u32 = 32_400;

/// A request with a token of the sandbox's.
pub struct AccessToken;

impl FromRequest for AccessToken {
    type Error = PaypalError;
    type Future = Ready<Result<Self, PaypalError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = authorization(request, "Bearer ").unwrap_or_default();
        ready(if token.starts_with(PREFIX) { Ok(Self) } else { Err(PaypalError::unauthorized()) })
    }
}

fn authorization<'r>(request: &'r HttpRequest, scheme: &str) -> Option<&'r str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

#[derive(Debug, Deserialize)]
pub struct TokenParams {
    grant_type: String,
}

/// Any client with an id and a secret gets one.
pub async fn obtain_token(request: HttpRequest, params: Form<TokenParams>) -> Result<HttpResponse, PaypalError> {
    let credentials = authorization(&request, "Basic ").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let credentials = credentials.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let known = credentials.split_once(':').is_some_and(|(id, secret)| !id.is_empty() && !secret.is_empty());
    if !known || params.grant_type != "client_credentials" {
        return Err(PaypalError::unauthorized());
    }
    Ok(HttpResponse::Ok().json(json!({
        "scope": "https://uri.paypal.com/services/payments/payment",
        "access_token": format!("{PREFIX}{}", paypal_id()),
        "token_type": "Bearer",
        "app_id": "APP-SANDBOX",
        "expires_in": LIFETIME_SECS,
        "nonce": paypal_id(),
    })))
}
