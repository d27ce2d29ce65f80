//! How a company lets the platform act for its Square account: the authorisation code flow with `state` and PKCE
//! (<https://developer.squareup.com/docs/oauth-api/overview>).
//!
//! With PKCE Square wants no client secret, and a refresh token is good for one use and 90 days. Whoever refreshes has
//! to record the intent first: a token that was used and whose successor is lost means that the company has to connect
//! again.

use jiff::Timestamp;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{API_VERSION, base_url, client::answer};
use crate::{ConfigError, ProviderError, SquareConfig, http, pkce};

/// What we ask a company for; nothing to read its customers with.
const SCOPES: &str =
    "MERCHANT_PROFILE_READ PAYMENTS_READ PAYMENTS_WRITE PAYMENTS_WRITE_ADDITIONAL_RECIPIENTS ORDERS_READ ORDERS_WRITE";

/// The application that companies connect to.
pub struct SquareOauth {
    http: Client,
    base: Url,
    application_id: String,
}

/// Where to send the person who connects, and what to remember until they come back.
#[derive(Debug)]
pub struct Authorization {
    pub url: Url,
    /// Comes back in the callback's query; whoever brings another one was not sent by us.
    pub state: String,
    /// Proves that the code is ours. Never shown to the browser.
    pub verifier: SecretString,
}

/// What a company's account is used with.
#[derive(Debug, Clone)]
pub struct SquareToken {
    pub merchant_id: String,
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    pub expires_at: Timestamp,
}

#[derive(Serialize)]
struct TokenCall<'a> {
    client_id: &'a str,
    grant_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_verifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: String,
    merchant_id: String,
    expires_at: Timestamp,
}

impl SquareOauth {
    /// `None` where companies cannot connect, because the platform has no application.
    pub fn new(config: &SquareConfig) -> Result<Option<Self>, ConfigError> {
        let Some(application_id) = config.application_id.clone() else { return Ok(None) };
        let base = base_url(config)?;
        Ok(Some(Self { http: http::client(&base, config.timeout_ms)?, base, application_id }))
    }

    /// Begins a connection that ends at `redirect_uri`. No network call.
    pub fn authorize(&self, redirect_uri: &Url) -> Result<Authorization, ProviderError> {
        let (state, verifier) = (pkce::random_text()?, pkce::random_text()?);
        let mut url = self.path("oauth2/authorize")?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.application_id)
            .append_pair("scope", SCOPES)
            .append_pair("session", "false")
            .append_pair("state", &state)
            .append_pair("code_challenge", &pkce::challenge(&verifier))
            .append_pair("redirect_uri", redirect_uri.as_str());
        Ok(Authorization { url, state, verifier: verifier.into() })
    }

    /// Exchanges the code that came back. A code is good for one use within five minutes.
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &SecretString,
        redirect_uri: &Url,
    ) -> Result<SquareToken, ProviderError> {
        self.token(&TokenCall {
            client_id: &self.application_id,
            grant_type: "authorization_code",
            code: Some(code),
            code_verifier: Some(verifier.expose_secret()),
            redirect_uri: Some(redirect_uri.as_str()),
            refresh_token: None,
        })
        .await
    }

    /// A new pair for an old refresh token, which is used up by this.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<SquareToken, ProviderError> {
        self.token(&TokenCall {
            client_id: &self.application_id,
            grant_type: "refresh_token",
            code: None,
            code_verifier: None,
            redirect_uri: None,
            refresh_token: Some(refresh_token.expose_secret()),
        })
        .await
    }

    async fn token(&self, call: &TokenCall<'_>) -> Result<SquareToken, ProviderError> {
        let request = self.http.post(self.path("oauth2/token")?).header("Square-Version", API_VERSION).json(call);
        let token: TokenAnswer = answer(request).await?;
        Ok(SquareToken {
            merchant_id: token.merchant_id,
            access_token: token.access_token.into(),
            refresh_token: token.refresh_token.into(),
            expires_at: token.expires_at,
        })
    }

    fn path(&self, path: &str) -> Result<Url, ProviderError> {
        self.base.join(path).map_err(|_| ProviderError::NotFound("not a path".to_owned()))
    }
}

impl std::fmt::Debug for SquareOauth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SquareOauth").field("application_id", &self.application_id).finish_non_exhaustive()
    }
}
