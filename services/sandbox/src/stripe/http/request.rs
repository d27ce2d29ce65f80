//! What every POST and GET of the API has in common.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Bytes};
use serde::{Deserialize, de::DeserializeOwned};

use crate::stripe::{
    StripeError,
    auth::{KeyKind, TestKey, header_key, kind_of},
    form,
    idempotency::Idempotency,
};

/// The parameters of a POST, with what makes it idempotent.
pub struct Post<T> {
    pub params: T,
    pub idempotency: Idempotency,
}

const LONGEST_KEY: usize = 255;

impl<T: DeserializeOwned + 'static> FromRequest for Post<T> {
    type Error = StripeError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, StripeError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let allowed = TestKey::from_request(request, payload).into_inner();
        let read = read(request, payload);
        Box::pin(async move {
            allowed?;
            let (params, idempotency) = read.await?;
            Ok(Self { params, idempotency })
        })
    }
}

fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<(T, Idempotency), StripeError>> + use<T> {
    let key = idempotency_key(request);
    let path = request.path().to_owned();
    let body = Bytes::from_request(request, payload);
    async move {
        let key = key?;
        let body = body.await.map_err(|error| StripeError::invalid(error.to_string()))?;
        let text = std::str::from_utf8(&body).map_err(|_| StripeError::invalid("The body is not UTF-8."))?;
        let params = form::parse(text)?;
        Ok((params, Idempotency { key, fingerprint: form::fingerprint(&path, text) }))
    }
}

/// Parameters among which a browser has its publishable key.
pub trait MayNameKey {
    fn key(&self) -> Option<&str>;
}

/// The same from the platform or from a browser.
pub struct AnyonesPost<T> {
    pub params: T,
    pub idempotency: Idempotency,
    pub by: KeyKind,
}

impl<T: DeserializeOwned + MayNameKey + 'static> FromRequest for AnyonesPost<T> {
    type Error = StripeError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, StripeError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let of_header = header_key(request);
        let read = read::<T>(request, payload);
        Box::pin(async move {
            let (params, idempotency) = read.await?;
            let by = kind_of(of_header.as_deref().or_else(|| params.key()))?;
            Ok(Self { params, idempotency, by })
        })
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, StripeError> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map_err(|_| StripeError::invalid("The idempotency key is not readable."))?;
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(StripeError::invalid("Idempotency keys have 1 to 255 characters."));
    }
    Ok(Some(key.to_owned()))
}

/// The query parameters of a GET.
pub struct Get<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Get<T> {
    type Error = StripeError;
    type Future = std::future::Ready<Result<Self, StripeError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let allowed = TestKey::from_request(request, payload).into_inner();
        std::future::ready(allowed.and_then(|_| form::parse(request.query_string())).map(Self))
    }
}

/// The same from the platform or from a browser.
pub struct AnyonesGet<T> {
    pub params: T,
    pub by: KeyKind,
}

impl<T: DeserializeOwned + MayNameKey + 'static> FromRequest for AnyonesGet<T> {
    type Error = StripeError;
    type Future = std::future::Ready<Result<Self, StripeError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || -> Result<Self, StripeError> {
            let params: T = form::parse(request.query_string())?;
            let by = kind_of(header_key(request).as_deref().or_else(|| params.key()))?;
            Ok(Self { params, by })
        };
        std::future::ready(read())
    }
}

/// Of calls that take nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpandParams {
    pub expand: Vec<String>,
}

/// The connected account that a call is made for (<https://docs.stripe.com/connect/authentication>).
pub struct OnBehalfOf(pub Option<String>);

impl OnBehalfOf {
    /// Of calls that the sandbox plays for connected accounts alone.
    pub fn connected(&self) -> Result<&str, StripeError> {
        let nobody =
            || StripeError::invalid("The sandbox plays this for connected accounts: name one in Stripe-Account.");
        self.0.as_deref().ok_or_else(nobody)
    }
}

impl FromRequest for OnBehalfOf {
    type Error = StripeError;
    type Future = std::future::Ready<Result<Self, StripeError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let account = request.headers().get("stripe-account").and_then(|value| value.to_str().ok());
        std::future::ready(Ok(Self(account.map(str::to_owned))))
    }
}
