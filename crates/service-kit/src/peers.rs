//! Calls from service to service: client credentials at auth, one token per callee, kept until shortly before it ends.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use dashmap::DashMap;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::deadline::{self, TIMEOUT_HEADER};

/// Where every service is. One process fills it in after all its listeners are bound.
#[derive(Clone, Default)]
pub struct Directory(Arc<RwLock<BTreeMap<String, String>>>);

impl Directory {
    pub fn new(urls: BTreeMap<String, String>) -> Self {
        Self(Arc::new(RwLock::new(urls)))
    }

    /// `http://host:port` without a trailing slash; empty for an unknown name.
    pub fn url(&self, service: &str) -> String {
        self.0.read().map(|urls| urls.get(service).cloned().unwrap_or_default()).unwrap_or_default()
    }

    pub fn set(&self, service: &str, url: String) {
        if let Ok(mut urls) = self.0.write() {
            urls.insert(service.to_owned(), url);
        }
    }
}

/// Why a call to another service has no answer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    #[error("{service} is out of reach")]
    Unreachable {
        service: &'static str,
        #[source]
        source: reqwest::Error,
    },
    #[error("{service} answered {status}: {body}")]
    Refused { service: &'static str, status: StatusCode, body: String },
}

impl From<PeerError> for problem::Problem {
    fn from(error: PeerError) -> Self {
        match &error {
            PeerError::Unreachable { .. } => Self::unavailable(error),
            PeerError::Refused { status, .. } if status.is_server_error() => Self::unavailable(error),
            PeerError::Refused { .. } => Self::internal(error),
        }
    }
}

/// The body of `POST /internal/service-tokens` at auth.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceTokenRequest {
    pub service: String,
    pub secret: String,
    pub audience: String,
}

/// Its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServiceTokenResponse {
    pub access_token: String,
    pub expires_in: u64,
}

/// Somebody outside, on whose request a service asks another.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    /// Visible ASCII, as a header has it.
    pub user_agent: Option<String>,
}

/// A client for the internal routes of the other services.
#[derive(Clone)]
pub struct Peers {
    service: &'static str,
    secret: Arc<SecretString>,
    directory: Directory,
    http: reqwest::Client,
    tokens: Arc<DashMap<&'static str, (String, Instant)>>,
}

/// No internal call may hold a request longer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Shorter than a service keeps an idle connection (5 s), so that nobody writes into one that is being closed.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(4);

impl Peers {
    pub fn new(service: &'static str, secret: SecretString, directory: Directory) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).pool_idle_timeout(IDLE_CONNECTION).build()?;
        Ok(Self { service, secret: Arc::new(secret), directory, http, tokens: Arc::default() })
    }

    /// The base URL of a service.
    pub fn url(&self, service: &str) -> String {
        self.directory.url(service)
    }

    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// `GET path`; `None` for 404.
    pub async fn get<T: DeserializeOwned>(&self, service: &'static str, path: &str) -> Result<Option<T>, PeerError> {
        let response = self.send::<()>((Method::GET, service, path), None, None).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        decode(service, response).await.map(Some)
    }

    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        service: &'static str,
        path: &str,
        body: &B,
    ) -> Result<T, PeerError> {
        let response = self.send((Method::POST, service, path), Some(body), None).await?;
        decode(service, response).await
    }

    /// `POST path`, where the answer has nothing to say.
    pub async fn tell<B: Serialize>(&self, service: &'static str, path: &str, body: &B) -> Result<(), PeerError> {
        let response = self.send((Method::POST, service, path), Some(body), None).await?;
        accepted(service, response).await.map(|_| ())
    }

    /// The same, for a request of this client: what happens is written down as from there.
    pub async fn post_for<B: Serialize, T: DeserializeOwned>(
        &self,
        client: &Client,
        (service, path): (&'static str, &str),
        body: &B,
    ) -> Result<T, PeerError> {
        let response = self.send((Method::POST, service, path), Some(body), Some(client)).await?;
        decode(service, response).await
    }

    async fn send<B: Serialize>(
        &self,
        (method, service, path): (Method, &'static str, &str),
        body: Option<&B>,
        client: Option<&Client>,
    ) -> Result<reqwest::Response, PeerError> {
        let token = self.token(service).await?;
        let url = format!("{}{path}", self.directory.url(service));
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(traceparent) = telemetry::current_traceparent() {
            request = request.header("traceparent", traceparent);
        }
        if let Some(left) = deadline::time_left() {
            request = request.header(TIMEOUT_HEADER, left.as_millis().to_string()).timeout(left.min(TIMEOUT));
        }
        if let Some(address) = client.and_then(|client| client.address) {
            request = request.header("x-forwarded-for", address.to_string());
        }
        if let Some(agent) = client.and_then(|client| client.user_agent.as_ref()) {
            request = request.header(reqwest::header::USER_AGENT, agent.as_str());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|source| PeerError::Unreachable { service, source })?;
        if response.status() == StatusCode::UNAUTHORIZED {
            // The token may have been signed with a key that is gone; the next call asks for a new one.
            self.tokens.remove(service);
        }
        Ok(response)
    }

    async fn token(&self, audience: &'static str) -> Result<String, PeerError> {
        if let Some(entry) = self.tokens.get(audience)
            && entry.1 > Instant::now()
        {
            return Ok(entry.0.clone());
        }
        let request = ServiceTokenRequest {
            service: self.service.to_owned(),
            secret: self.secret.expose_secret().to_owned(),
            audience: audience.to_owned(),
        };
        let url = format!("{}/internal/service-tokens", self.directory.url("auth"));
        let sent = self.http.post(url).json(&request).send().await;
        let response = sent.map_err(|source| PeerError::Unreachable { service: "auth", source })?;
        let granted: ServiceTokenResponse = decode("auth", response).await?;
        // Renewed at half time: the clock of the callee decides when it ends, and the sandbox may move that one.
        let until = Instant::now() + Duration::from_secs(granted.expires_in / 2);
        self.tokens.insert(audience, (granted.access_token.clone(), until));
        Ok(granted.access_token)
    }

    /// Forgets all tokens, as after the sandbox has moved the clock.
    pub fn forget_tokens(&self) {
        self.tokens.clear();
    }
}

async fn accepted(service: &'static str, response: reqwest::Response) -> Result<reqwest::Response, PeerError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.unwrap_or_default();
    Err(PeerError::Refused { service, status, body })
}

async fn decode<T: DeserializeOwned>(service: &'static str, response: reqwest::Response) -> Result<T, PeerError> {
    let response = accepted(service, response).await?;
    response.json().await.map_err(|source| PeerError::Unreachable { service, source })
}
