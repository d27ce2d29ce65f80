//! A client of the public API.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::Layout;

/// Talks to the gateway.
#[derive(Debug, Clone)]
pub struct Api {
    pub client: Client,
    pub url: String,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    pub user_id: String,
    pub session_id: String,
    pub access_token: String,
}

impl Api {
    pub fn new(client: &Client, layout: &Layout) -> Self {
        Self { client: client.clone(), url: layout.url("gateway").to_owned() }
    }

    pub async fn log_in(&self, email: &str, password: &str) -> anyhow::Result<Session> {
        let tokens = self.call(Method::POST, "/api/auth/login", None, json!({"email": email, "password": password}));
        let access_token = text(&tokens.await?["access_token"])?;
        let claims = access_token.split('.').nth(1).context("a token has claims")?;
        let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims)?)?;
        Ok(Session { user_id: text(&claims["sub"])?, session_id: text(&claims["sid"])?, access_token })
    }

    pub async fn get(&self, token: &str, path: &str) -> anyhow::Result<Value> {
        read(path, self.client.get(format!("{}{path}", self.url)).bearer_auth(token)).await
    }

    pub async fn post(&self, session: &Session, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(&session.access_token), body).await
    }

    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        read(path, request).await
    }
}

/// `null` for an answer without a body.
async fn read(path: &str, request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status.is_success(), "{path} answered {status}: {body}");
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? })
}

impl Layout {
    /// What the gateway shows the services in place of the session's access token.
    pub async fn internal_token(&self, session: &Session) -> anyhow::Result<String> {
        let body = json!({"user_id": session.user_id, "session_id": session.session_id});
        let granted: Value = self.peers()?.post("auth", "/internal/identity-tokens", &body).await?;
        text(&granted["token"])
    }
}

pub fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().with_context(|| format!("not a text: {value}"))?.to_owned())
}
