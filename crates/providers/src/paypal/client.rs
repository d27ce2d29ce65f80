//! Calls of PayPal's API with an access token that is kept until shortly before it expires
//! (<https://developer.paypal.com/api/rest/authentication/>).

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;
use url::Url;

use super::errors::provider_error;
use crate::{
    ConfigError, ProviderError,
    http::{self, Answer},
};

/// A token is given up this long before its end, so that none expires on its way.
const MARGIN: Duration = Duration::from_secs(60);

pub struct PaypalClient {
    http: Client,
    base: Url,
    client_id: String,
    client_secret: SecretString,
    /// Held while a token is fetched, so that many calls at once fetch one.
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    text: SecretString,
    good_until: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

/// The object of an answer that is none of an error.
pub fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ProviderError> {
    if answer.status.is_success() { answer.object() } else { Err(provider_error(answer)) }
}

/// What is sent, and under which key: kept by PayPal for hours to days, by kind of call.
struct Call<'a, B> {
    method: Method,
    path: &'a str,
    body: Option<&'a B>,
    key: Option<&'a str>,
}

impl PaypalClient {
    pub fn new(
        base: Url,
        client_id: String,
        client_secret: SecretString,
        timeout_ms: u64,
    ) -> Result<Self, ConfigError> {
        Ok(Self { http: http::client(&base, timeout_ms)?, base, client_id, client_secret, token: Mutex::default() })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProviderError> {
        self.object(Call::<()> { method: Method::GET, path, body: None, key: None }).await
    }

    /// Once under `key` (`PayPal-Request-Id`).
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        body: &B,
    ) -> Result<T, ProviderError> {
        self.object(Call { method: Method::POST, path, body: Some(body), key: Some(key) }).await
    }

    /// The same for a call whose refusal says more than its class.
    pub async fn post_for_answer<B: Serialize + Sync>(
        &self,
        path: &str,
        key: &str,
        body: &B,
    ) -> Result<Answer, ProviderError> {
        self.answer(Call { method: Method::POST, path, body: Some(body), key: Some(key) }).await
    }

    async fn object<B: Serialize + Sync, T: DeserializeOwned>(&self, call: Call<'_, B>) -> Result<T, ProviderError> {
        read(&self.answer(call).await?)
    }

    async fn answer<B: Serialize + Sync>(&self, call: Call<'_, B>) -> Result<Answer, ProviderError> {
        let token = self.token().await?;
        let mut answer = self.send(&call, &token).await?;
        if answer.status.as_u16() == 401 {
            // Revoked before its time: nothing was done, and a fresh one may do.
            self.forget(&token).await;
            answer = self.send(&call, &self.token().await?).await?;
        }
        Ok(answer)
    }

    async fn send<B: Serialize + Sync>(&self, call: &Call<'_, B>, token: &Token) -> Result<Answer, ProviderError> {
        let mut request = self.request(call.method.clone(), call.path)?.bearer_auth(token.text.expose_secret());
        // The whole object in the answer, and not only its id.
        request = request.header("Prefer", "return=representation");
        if let Some(key) = call.key {
            request = request.header("PayPal-Request-Id", key);
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        http::send(request).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ProviderError> {
        let url = self.base.join(path).map_err(|_| ProviderError::NotFound("not a path".to_owned()))?;
        Ok(self.http.request(method, url))
    }

    async fn token(&self) -> Result<Token, ProviderError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.good_until) {
            return Ok(token.clone());
        }
        let token = self.fetch_token().await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    async fn fetch_token(&self) -> Result<Token, ProviderError> {
        let request = self.request(Method::POST, "v1/oauth2/token")?;
        let request = request.basic_auth(&self.client_id, Some(self.client_secret.expose_secret()));
        let answer = http::send(request.form(&[("grant_type", "client_credentials")])).await?;
        match answer.status.as_u16() {
            200 => {
                let token: TokenAnswer = answer.object()?;
                let lifetime = Duration::from_secs(token.expires_in).saturating_sub(MARGIN);
                Ok(Token { text: token.access_token.into(), good_until: Instant::now() + lifetime })
            }
            400 | 401 | 403 => Err(ProviderError::Unauthorized),
            _ => Err(provider_error(&answer)),
        }
    }

    async fn forget(&self, token: &Token) {
        let mut kept = self.token.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.good_until == token.good_until) {
            *kept = None;
        }
    }
}
