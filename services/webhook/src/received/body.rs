//! The body as it was sent: a signature is over its bytes.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header},
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use problem::Problem;

/// Events of providers are some kilobytes; one with many line items may be more.
pub const LIMIT: usize = 1024 * 1024;

/// A raw body of at most [`LIMIT`] bytes, whatever its media type says.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let announced =
            request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let payload = payload.take();
        Box::pin(read(announced, payload))
    }
}

async fn read(announced: Option<usize>, mut payload: Payload) -> Result<RawBody, Problem> {
    if announced.is_some_and(|length| length > LIMIT) {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|_| Problem::bad_request("unreadable_body", "The body could not be read to its end."))?;
        if body.len() + chunk.len() > LIMIT {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawBody(body.freeze()))
}

fn too_large() -> Problem {
    let detail = format!("The body is larger than {LIMIT} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
}
