//! Requests as a test writes them.

use bytes::Bytes;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use service_kit::peers::IDLE_CONNECTION;

/// A client of services, as they are of each other.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().pool_idle_timeout(IDLE_CONNECTION).build().expect("a client")
}

/// A request to the service under test.
#[must_use]
pub struct TestRequest {
    builder: reqwest::RequestBuilder,
}

impl TestRequest {
    pub fn new(client: &reqwest::Client, method: Method, url: String) -> Self {
        Self { builder: client.request(method, url) }
    }

    /// Signs in with an identity token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.builder = self.builder.bearer_auth(token);
        self
    }

    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn json(mut self, body: Value) -> Self {
        self.builder = self.builder.json(&body);
        self
    }

    /// A body sent as it is.
    pub fn raw(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.builder = self.builder.header("content-type", content_type).body(body);
        self
    }

    pub async fn send(self) -> TestResponse {
        self.try_send().await.expect("the service answers")
    }

    /// For a service that may be away; an answer that breaks off is none.
    pub async fn try_send(self) -> Result<TestResponse, reqwest::Error> {
        let response = self.builder.send().await?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok(TestResponse { status, headers, body, text })
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body as text, where it is one.
    pub text: String,
}

impl TestResponse {
    /// The body as JSON; null for an empty one.
    pub fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect(&self.text) }
    }

    /// Panics with the body unless the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// Panics unless this is a problem with the given status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers.get("content-type").and_then(|v| v.to_str().ok()), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["code"], code, "{}", self.text);
        body
    }
}
