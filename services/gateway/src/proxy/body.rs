//! Bodies on their way. A small request body is read first, so that it can be sent again if no connection was to be
//! had; a larger one flows through a channel of a few chunks, so that a slow service slows its client and nothing piles
//! up here. Answers are passed on as they come.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, ResponseError,
    body::{BodySize, MessageBody},
    error::PayloadError,
    http::{Method, StatusCode, header},
    web::Payload,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::HeaderMap;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use problem::Problem;
use tokio::{sync::mpsc, time::timeout};

use super::upstream::upstream_timeout;

/// Up to here a body is held in memory.
const SMALL: u64 = 64 * 1024;

/// Chunks between client and service.
const CHUNKS_IN_FLIGHT: usize = 4;

/// A client that sends nothing for so long is gone, and so is a service that takes nothing.
const IDLE: Duration = Duration::from_secs(30);

/// Bytes a second that a client must send on the whole, when it has been waited for as long as [`IDLE`]: one that sends
/// a byte now and then only means to hold a connection.
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
    limit: u64,
}

/// Reads a small body; refuses one that says it is too large.
pub async fn prepare(request: &HttpRequest, payload: Payload, limit: u64) -> Result<Prepared, Problem> {
    let length = content_length(request)?;
    if length.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    match length {
        Some(length) if length > SMALL => Ok(Prepared::Large(Box::new(Flow { payload, length: Some(length), limit }))),
        Some(0) => Ok(Prepared::Small(Bytes::new())),
        Some(length) => {
            let body = timeout(IDLE, Box::pin(read(payload, length))).await.unwrap_or_else(|_| Err(too_slow()));
            body.map(Prepared::Small)
        }
        None if request.headers().contains_key(header::TRANSFER_ENCODING) => {
            Ok(Prepared::Large(Box::new(Flow { payload, length: None, limit })))
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
    /// The body for the upstream request, and the work of filling it.
    pub fn start(self) -> (RequestBody, Pump) {
        let (sender, chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
        let body = RequestBody::Flowing { chunks, length: self.length };
        (body, Pump { payload: self.payload, limit: self.limit, sender })
    }
}

/// Moves chunks from the client to the service.
pub struct Pump {
    payload: Payload,
    limit: u64,
    sender: mpsc::Sender<Result<Bytes, Aborted>>,
}

impl Pump {
    /// Ends when the body has ended or nobody takes it any more; an error is the answer to the client.
    pub async fn run(mut self) -> Result<(), Problem> {
        let mut seen = 0;
        let mut waited = Duration::ZERO;
        loop {
            let began = Instant::now();
            let chunk = match timeout(IDLE, self.payload.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return self.abort(unreadable(&error)).await,
                Err(_) => return self.abort(too_slow()).await,
            };
            seen += chunk.len() as u64;
            waited += began.elapsed();
            if waited > IDLE + Duration::from_secs(seen / SLOWEST) {
                return self.abort(too_slow()).await;
            }
            if seen > self.limit {
                let limit = self.limit;
                return self.abort(too_large(limit)).await;
            }
            match timeout(IDLE, self.sender.send(Ok(chunk))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(()),
                Err(_) => return Err(upstream_timeout()),
            }
        }
    }

    /// The service must not take the part for the whole.
    async fn abort(self, problem: Problem) -> Result<(), Problem> {
        let _ = timeout(IDLE, self.sender.send(Err(Aborted))).await;
        Err(problem)
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

/// An answer's body, passed on chunk by chunk.
pub struct AnswerBody {
    incoming: Incoming,
    size: BodySize,
}

impl AnswerBody {
    pub fn new(incoming: Incoming, headers: &HeaderMap, status: StatusCode, method: &Method) -> Self {
        let bodiless = status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let stated = || headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        let size = match (bodiless, stated()) {
            (true, _) => BodySize::None,
            (false, Some(length)) => BodySize::Sized(length),
            // The answer to a HEAD has no body, whatever a GET would have.
            (false, None) if *method == Method::HEAD => BodySize::None,
            (false, None) => BodySize::Stream,
        };
        Self { incoming, size }
    }
}

impl MessageBody for AnswerBody {
    type Error = hyper::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        loop {
            match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                // Trailers are not passed on.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
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
