//! Calls of Square's API, with its version and our token.

use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::{API_VERSION, errors::provider_error};
use crate::{ConfigError, ProviderError, http};

pub struct SquareClient {
    http: Client,
    base: Url,
    token: SecretString,
}

impl SquareClient {
    pub fn new(base: Url, token: SecretString, timeout_ms: u64) -> Result<Self, ConfigError> {
        Ok(Self { http: http::client(&base, timeout_ms)?, base, token })
    }

    /// The same with a company's token instead of ours.
    pub fn with_token(&self, token: SecretString) -> Self {
        Self { http: self.http.clone(), base: self.base.clone(), token }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProviderError> {
        answer(self.request(Method::GET, path)?).await
    }

    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, ProviderError> {
        answer(self.request(Method::POST, path)?.json(body)).await
    }

    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ProviderError> {
        answer(self.request(Method::DELETE, path)?).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ProviderError> {
        let url = self.base.join(path).map_err(|_| ProviderError::NotFound("not a path".to_owned()))?;
        let request = self.http.request(method, url).header("Square-Version", API_VERSION);
        Ok(request.bearer_auth(self.token.expose_secret()))
    }
}

/// Sends any request of Square's and reads the object or the error that comes back.
pub async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ProviderError> {
    let answer = http::send(request).await?;
    if answer.status.is_success() { answer.object() } else { Err(provider_error(&answer)) }
}
