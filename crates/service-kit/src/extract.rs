//! Extractors that answer bad input with a problem: 400 what cannot be read, 413 too large, 415 not JSON, 422 what is
//! well-formed but invalid, with a pointer to the place.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use problem::{FieldError, Problem};
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};

/// The largest JSON body that is read.
pub const JSON_LIMIT: usize = 256 * 1024;

/// A JSON body, with the hash of its bytes for idempotency.
#[derive(Debug)]
pub struct Json<T> {
    value: T,
    fingerprint: [u8; 32],
}

impl<T> Json<T> {
    pub fn into_inner(self) -> T {
        self.value
    }

    /// SHA-256 of the body as it was sent.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            media_type?;
            let bytes = bytes.await.map_err(unreadable_body)?;
            let value = parse(&bytes)?;
            Ok(Self { value, fingerprint: Sha256::digest(&bytes).into() })
        })
    }
}

/// A JSON body that may be absent: an empty body is the default, whatever its content type.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T> Deref for OptionalJson<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request);
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(unreadable_body)?;
            if bytes.is_empty() {
                return Ok(Self(T::default()));
            }
            media_type?;
            parse(&bytes).map(Self)
        })
    }
}

fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(
        actix_web::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Send the body as application/json.",
    ))
}

fn unreadable_body(error: actix_web::Error) -> Problem {
    if error.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("The body is larger than {JSON_LIMIT} bytes.");
        return Problem::new(actix_web::http::StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail);
    }
    Problem::bad_request("unreadable_body", "The body could not be read to its end.")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would also take a struct's fields as an array, in the order of their declaration.
    if bytes.trim_ascii_start().first() == Some(&b'[') && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        let detail = "expected an object".to_owned();
        return Err(Problem::validation(vec![FieldError { pointer: String::new(), detail }]));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            let detail = without_value(without_position(&inner.to_string()));
            Problem::validation(vec![FieldError { pointer, detail }])
        } else {
            Problem::bad_request("malformed_json", format!("The body is not JSON: {inner}."))
        }
    })?;
    deserializer.end().map_err(|_| Problem::bad_request("malformed_json", "Something follows the JSON value."))?;
    Ok(value)
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// serde_json's message without its " at line 1 column 17": the pointer says where.
fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

/// serde's message without the value that came: somebody may have put a card's number or a token there, and answers are
/// shown and written down in many places.
fn without_value(message: &str) -> String {
    let refusals = ["unknown variant ", "invalid type: ", "invalid value: "];
    let Some((refusal, rest)) = refusals.iter().find_map(|start| Some((*start, message.strip_prefix(start)?))) else {
        return message.to_owned();
    };
    let (came, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, ""));
    let kind = came.split(['`', '"']).next().unwrap_or_default();
    let refusal = format!("{refusal}{kind}").trim_end_matches([' ', ':']).to_owned();
    if expected.is_empty() { refusal } else { format!("{refusal}, expected {expected}") }
}

/// The parameter that serde's message is about, where it says so.
fn parameter(message: &str) -> &str {
    let is_named = message.contains(" field `");
    message.split('`').nth(1).filter(|_| is_named).unwrap_or_default()
}

/// Query parameters; unknown or unreadable ones are 422.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = serde_urlencoded::from_str(request.query_string());
        std::future::ready(parsed.map(Self).map_err(|error| {
            let message = error.to_string();
            let pointer = format!("/{}", parameter(&message));
            Problem::invalid("invalid_query", "The query parameters are not valid.")
                .at(pointer, without_value(&message))
        }))
    }
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Path parameters. One that cannot be an id of the wanted kind names nothing: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let extracted = web::Path::<T>::from_request(request, payload).into_inner();
        std::future::ready(extracted.map(|path| Self(path.into_inner())).map_err(|_| Problem::not_found()))
    }
}

impl<T> Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only its type matters")]
        price: kernel::Money,
    }

    #[test]
    fn what_came_is_not_repeated() {
        for (message, told) in [
            ("unknown variant `4242`, expected `a` or `b`", "unknown variant, expected `a` or `b`"),
            ("unknown variant `x, expected y`, expected `a`", "unknown variant, expected `a`"),
            ("invalid type: string \"4242\", expected u32", "invalid type: string, expected u32"),
            ("invalid type: null, expected a string", "invalid type: null, expected a string"),
            ("invalid value: integer `7`, expected a day", "invalid value: integer, expected a day"),
            ("unknown variant `4242`, there are no variants", "unknown variant"),
            ("unknown field `a`, expected `b`", "unknown field `a`, expected `b`"),
        ] {
            assert_eq!(without_value(message), told);
        }
    }

    fn problem_of(body: &str) -> (u16, String) {
        let problem = parse::<Body>(body.as_bytes()).unwrap_err();
        let pointer = problem.body().errors.first().map(|error| error.pointer.clone());
        (problem.status().as_u16(), pointer.unwrap_or_default())
    }

    #[test]
    fn malformed_is_400_and_invalid_is_422_with_a_pointer() {
        assert_eq!(problem_of("{").0, 400);
        assert_eq!(problem_of("{} x").0, 422);
        assert_eq!(problem_of(r#"{"price": {"amount": 1, "currency": "EUR"}} x"#).0, 400);
        assert_eq!(problem_of(r#"{"price": {"amount": 1.5, "currency": "EUR"}}"#), (422, "/price/amount".into()));
        assert_eq!(problem_of(r#"{"price": {"amount": 1, "currency": "XXX"}}"#), (422, "/price/currency".into()));
        assert_eq!(problem_of(r#"{"prize": 1}"#).0, 422);
        assert_eq!(problem_of(r#"[{"amount": 1, "currency": "EUR"}]"#), (422, String::new()));
        assert_eq!(problem_of("[").0, 400);
    }
}
