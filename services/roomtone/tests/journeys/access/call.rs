//! A request of an operation, but for who asks.

use reqwest::Client;
use serde_json::Value;
use testkit::{TestRequest, TestResponse};

use super::identity::Outcome;

/// An id that is nobody's.
const NOTHING: &str = "01h455vb4pex5vsknk084sn02q";

/// What fills an operation's path, and what goes with it.
#[derive(Debug, Default, Clone)]
pub struct Call {
    parameters: Vec<String>,
    query: String,
    body: Body,
    headers: Vec<(&'static str, String)>,
    /// The access token of a stand-in, for what would end the session of whoever asks.
    pub token: Option<String>,
}

#[derive(Debug, Default, Clone)]
enum Body {
    #[default]
    None,
    Json(Value),
    Raw(&'static str, Vec<u8>),
}

impl Call {
    pub fn plain() -> Self {
        Self::default()
    }

    /// The values of the path's parameters, in order.
    pub fn at<const N: usize>(parameters: [&str; N]) -> Self {
        Self { parameters: parameters.map(str::to_owned).to_vec(), ..Self::default() }
    }

    /// The same with the values of the path's parameters.
    pub fn to<const N: usize>(self, parameters: [&str; N]) -> Self {
        Self { parameters: parameters.map(str::to_owned).to_vec(), ..self }
    }

    pub fn json(body: Value) -> Self {
        Self::default().with(body)
    }

    pub fn query(query: String) -> Self {
        Self { query: format!("?{query}"), ..Self::default() }
    }

    pub fn raw(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { body: Body::Raw(content_type, body), ..Self::default() }
    }

    pub fn with(self, body: Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    pub fn and_query(self, query: String) -> Self {
        Self { query: format!("?{query}"), ..self }
    }

    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A request that books or moves money.
    pub fn once(self) -> Self {
        self.header("idempotency-key", kernel::new_uuid().to_string())
    }

    pub fn by_stand_in(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The same about things that are not there: every id is another one of its kind.
    pub fn about_nothing(&self) -> Self {
        let mut call = self.clone();
        call.parameters = self.parameters.iter().map(|text| nothing(text)).collect();
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", nothing(value)),
            None => pair.to_owned(),
        };
        call.query = self.query.split('&').map(pair).collect::<Vec<_>>().join("&");
        if let Body::Json(body) = &mut call.body {
            forget_ids(body);
        }
        let is_key = |name: &str| name == "idempotency-key";
        let had_key = call.headers.iter().any(|(name, _)| is_key(name));
        call.headers.retain(|(name, _)| !is_key(name));
        if had_key { call.once() } else { call }
    }

    pub async fn send(&self, client: &Client, base: &str, operation: &str, token: Option<&str>) -> TestResponse {
        let (method, pattern) = operation.split_once(' ').unwrap();
        let url = format!("{base}{}{}", self.path(pattern), self.query);
        let mut request = TestRequest::new(client, method.parse().unwrap(), url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.bearer(token);
        }
        let request = match &self.body {
            Body::None => request,
            Body::Json(body) => request.json(body.clone()),
            Body::Raw(content_type, body) => request.raw(content_type, body.clone()),
        };
        request.send().await
    }

    fn path(&self, pattern: &str) -> String {
        let mut values = self.parameters.iter();
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((_, ending)) => {
                let value = values.next().unwrap_or_else(|| panic!("no value for {segment} of {pattern}"));
                format!("{value}{ending}")
            }
            None => segment.to_owned(),
        };
        pattern.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// The text, or the id of nothing of the same kind.
fn nothing(text: &str) -> String {
    match text.rsplit_once('_') {
        Some((prefix, id)) if id.len() == NOTHING.len() => format!("{prefix}_{NOTHING}"),
        _ => text.to_owned(),
    }
}

fn forget_ids(value: &mut Value) {
    match value {
        Value::String(text) => *text = nothing(text),
        Value::Array(values) => values.iter_mut().for_each(forget_ids),
        Value::Object(fields) => fields.values_mut().for_each(forget_ids),
        _ => {}
    }
}

pub fn outcome(answer: &TestResponse) -> Outcome {
    if answer.status.is_success() { Outcome::LetIn } else { Outcome::Refused(answer.status.as_u16()) }
}

/// `409 slot_taken`
pub fn told(answer: &TestResponse) -> String {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    format!("{} {}", answer.status.as_u16(), body["code"].as_str().unwrap_or_default())
}

/// What can be read in a problem, but for what names the request.
pub fn words(answer: &TestResponse) -> Value {
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| name != "trace_id" && name != "instance");
    }
    body
}
