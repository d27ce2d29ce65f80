//! Who asks: the platform, or the platform for a company that has connected its account.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::{Value, json};
use store::Conn;

use super::{LOCATION, MERCHANT, SquareError};
use crate::{payments::SessionRow, schema::square_grants};

/// A request with a token. Any will do that is not one of production's other kinds of secret; whose it is depends on who was
/// given it.
pub struct AccessToken(String);

impl FromRequest for AccessToken {
    type Error = SquareError;
    type Future = Ready<Result<Self, SquareError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        ready(if token.starts_with("EAAA") { Ok(Self(token.to_owned())) } else { Err(SquareError::unauthorized()) })
    }
}

/// A merchant of Square's, with one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    pub merchant_id: String,
}

const SELLER: &str = "seller";

impl Seller {
    pub fn platform() -> Self {
        Self { merchant_id: MERCHANT.to_owned() }
    }

    pub fn is_platform(&self) -> bool {
        self.merchant_id == MERCHANT
    }

    /// The merchant that a token was given for; the platform's own for one that nobody was given.
    pub async fn of(conn: &mut Conn, token: &AccessToken, now: Timestamp) -> Result<Self, SquareError> {
        let granted = square_grants::table.find(&token.0).select((square_grants::merchant_id, square_grants::kind));
        let live = granted.filter(square_grants::expires_at.gt(now.to_diesel()));
        let found: Option<(String, String)> = live.first(conn).await.optional().map_err(store::Error::from)?;
        match found {
            Some((merchant_id, kind)) if kind == "access" => Ok(Self { merchant_id }),
            Some(_) => Err(SquareError::unauthorized()),
            None if token.0.starts_with("EAAAaccess") => Err(SquareError::unauthorized()),
            None => Ok(Self::platform()),
        }
    }

    /// Whose order a session is; kept in its detail.
    pub fn of_session(session: &SessionRow) -> Self {
        let seller = session.detail.get(SELLER).and_then(Value::as_str);
        seller.map_or_else(Self::platform, |merchant_id| Self { merchant_id: merchant_id.to_owned() })
    }

    pub fn write_into(&self, detail: &mut Value) {
        if !self.is_platform()
            && let Some(detail) = detail.as_object_mut()
        {
            detail.insert(SELLER.to_owned(), json!(self.merchant_id));
        }
    }

    pub fn location(&self) -> String {
        if self.is_platform() { LOCATION.to_owned() } else { self.merchant_id.replacen("ML", "L", 1) }
    }

    /// <https://developer.squareup.com/reference/square/objects/Location>
    pub fn location_object(&self) -> Value {
        json!({
            "id": self.location(), "name": "Sandbox", "status": "ACTIVE", "merchant_id": self.merchant_id, "country": "DE",
            "currency": "EUR", "capabilities": ["CREDIT_CARD_PROCESSING"],
        })
    }
}
