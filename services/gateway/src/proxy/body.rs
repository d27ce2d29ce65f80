//! Request bodies on their way. A small one is read first, so that it can be sent again if no connection was to be
//! had; a larger one flows through a channel of a few chunks, so that a slow service slows its client and nothing piles
//! up here.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, ResponseError,
    error::PayloadError,
    http::{StatusCode, header},
    web::Payload,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use hyper::body::{Body, Frame, SizeHint};
use problem::Problem;
use tokio::{sync::mpsc, time::timeout};

use super::upstream::UpstreamError;

/// Up to here a body is held in memory.
const SMALL: u64 = 64 * 1024;

/// Chunks between client and service.
const CHUNKS_IN_FLIGHT: usize = 4;

/// Bytes a second that a client must send on the whole, when it has been waited for as long as it may be idle: one that
/// sends a byte now and then only means to hold a connection.
const SLOWEST: u64 = 8 * 1024;

/// A request body, read or yet to come.
pub enum Prepared {
    Small(Bytes),
    Large(Box<Flow>),
}

/// A body that is passed on while it arrives.
pub struct Flow {
    payload: Payload,
    length: Option<u64>,
    limits: BodyLimits,
}

/// What a body may cost.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    pub bytes: u64,
    /// A client that sends or takes nothing for so long is gone, and so is a service that takes nothing.
    pub idle: Duration,
}

/// Reads a small body; refuses one that says it is too large.
pub async fn prepare(request: &HttpRequest, payload: Payload, limits: BodyLimits) -> Result<Prepared, Problem> {
    let length = content_length(request)?;
    if length.is_some_and(|length| length > limits.bytes) {
        return Err(too_large(limits.bytes));
    }
    match length {
        Some(length) if length > SMALL => Ok(Prepared::Large(Box::new(Flow { payload, length: Some(length), limits }))),
        Some(0) => Ok(Prepared::Small(Bytes::new())),
        Some(length) => {
            let body = timeout(limits.idle, Box::pin(read(payload, length))).await.unwrap_or_else(|_| Err(too_slow()));
            body.map(Prepared::Small)
        }
        None if request.headers().contains_key(header::TRANSFER_ENCODING) => {
            Ok(Prepared::Large(Box::new(Flow { payload, length: None, limits })))
        }
        None => Ok(Prepared::Small(Bytes::new())),
    }
}

fn content_length(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(value) = request.headers().get(header::CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|value| value.parse().ok());
    length.map(Some).ok_or_else(|| Problem::bad_request("malformed_header", "Content-Length is not a number."))
}

async fn read(mut payload: Payload, length: u64) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        if body.is_empty() && chunk.len() as u64 == length {
            return Ok(chunk);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

impl Flow {
    /// How long the slowest client that we bear with may send.
    pub fn time_limit(&self) -> Duration {
        self.limits.idle + Duration::from_secs(self.length.unwrap_or(self.limits.bytes) / SLOWEST)
    }

    /// The body for the upstream request, and the work of filling it.
    pub fn start(self) -> (RequestBody, Pump) {
        let (sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
        let body = RequestBody::Flowing { chunks, length: self.length };
        (body, Pump { payload: self.payload, limits: self.limits, sender })
    }
}

/// Moves chunks from the client to the service.
pub struct Pump {
    payload: Payload,
    limits: BodyLimits,
    sender: mpsc::Sender<Result<Bytes, Aborted>>,
}

impl Pump {
    /// Ends when the body has ended or nobody takes it any more; the error says whose fault it is that it did not.
    pub async fn run(mut self) -> Result<(), UpstreamError> {
        let idle = self.limits.idle;
        let mut seen = 0;
        let mut waited = Duration::ZERO;
        loop {
            let began = Instant::now();
            let chunk = match timeout(idle, self.payload.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return self.abort(unreadable(&error)).await,
                Err(_) => return self.abort(too_slow()).await,
            };
            seen += chunk.len() as u64;
            waited += began.elapsed();
            if waited > idle + Duration::from_secs(seen / SLOWEST) {
                return self.abort(too_slow()).await;
            }
            if seen > self.limits.bytes {
                let limit = self.limits.bytes;
                return self.abort(too_large(limit)).await;
            }
            match timeout(idle, self.sender.send(Ok(chunk))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => return Err(UpstreamError::TimedOut),
            }
        }
    }

    /// The service must not take the part for the whole.
    async fn abort(self, problem: Problem) -> Result<(), UpstreamError> {
        let _ = timeout(self.limits.idle, self.sender.send(Err(Aborted))).await;
        Err(problem.into())
    }
}

/// The client's body broke off.
#[derive(Debug, thiserror::Error)]
#[error("the request body broke off")]
pub struct Aborted;

/// The body of an upstream request.
pub enum RequestBody {
    Whole(Option<Bytes>),
    Flowing { chunks: mpsc::Receiver<Result<Bytes, Aborted>>, length: Option<u64> },
}

impl RequestBody {
    pub fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Flowing { chunks, .. } => chunks.poll_recv(cx).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Flowing { length: Some(length), .. } => SizeHint::with_exact(*length),
            Self::Flowing { length: None, .. } => SizeHint::default(),
        }
    }
}

fn too_large(limit: u64) -> Problem {
    let detail = format!("The body is larger than {limit} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
}

fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive in time.")
}

fn unreadable(error: &PayloadError) -> Problem {
    tracing::debug!(status = error.status_code().as_u16(), "a request body broke off");
    unreadable_body()
}

pub fn unreadable_body() -> Problem {
    Problem::bad_request("unreadable_body", "The body could not be read to its end.")
}
