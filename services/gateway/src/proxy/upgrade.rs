//! WebSockets (RFC 6455): when a service agrees to switch protocols, the two connections become one pipe. What flows
//! through it is theirs.

use std::{
    cell::Cell,
    convert::Infallible,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::Payload,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderValue;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncWriteExt, ReadHalf, WriteHalf},
    sync::mpsc,
    time::sleep,
};
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use super::{
    Breaker, Upstreams, answer,
    body::RequestBody,
    headers::{self, RequestHead},
    upstream::UpstreamError,
};
use crate::identity::OpenPipe;

/// Chunks from the service that the client has not taken yet.
const CHUNKS_IN_FLIGHT: usize = 4;

/// True for a request that asks for a WebSocket.
pub fn is_wanted(request: &HttpRequest) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    *request.method() == Method::GET
        && request.head().upgrade()
        && upgrade.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// A pipe that may be opened, and how long it may be silent.
pub struct Wanted {
    pub pipe: OpenPipe,
    pub idle: Duration,
    pub draining: CancellationToken,
}

/// The service's answer, with the pipe behind it when it agrees.
pub async fn pass_through(
    upstreams: &Upstreams,
    breaker: &Breaker,
    head: &RequestHead<'_>,
    payload: Payload,
    wanted: Wanted,
) -> Result<HttpResponse, UpstreamError> {
    let mut request = head.request(RequestBody::whole(Bytes::new()), head.time_limit)?;
    request.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("upgrade"));
    request.headers_mut().insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
    let mut answer = upstreams.open(breaker, request, head.time_limit).await?;
    if answer.status() != http::StatusCode::SWITCHING_PROTOCOLS {
        return Ok(answer::pass_on(answer, &Method::GET, wanted.idle));
    }
    let upgraded = hyper::upgrade::on(&mut answer).await.map_err(UpstreamError::NotUpgraded)?;
    let (to_client, mut chunks) = mpsc::channel(CHUNKS_IN_FLIGHT);
    actix_web::rt::spawn(wanted.carry(payload, TokioIo::new(upgraded), to_client));
    let mut response = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS)
        .upgrade("websocket")
        .streaming(stream::poll_fn(move |cx| chunks.poll_recv(cx).map(|chunk| chunk.map(Ok::<_, Infallible>))));
    response.headers_mut().remove(header::CONTENT_TYPE);
    headers::copy_answer(answer.headers(), response.headers_mut());
    Ok(response)
}

impl Wanted {
    /// Ends with either side, with the right to it, with the gateway, or when nothing is said any more. Both
    /// connections are closed then.
    async fn carry(self, payload: Payload, service: TokioIo<Upgraded>, to_client: mpsc::Sender<Bytes>) {
        let last_byte = Cell::new(Instant::now());
        let (from_service, to_service) = tokio::io::split(service);
        tokio::select! {
            () = up(payload, to_service, &last_byte) => {}
            () = down(from_service, &to_client, &last_byte) => {}
            () = to_client.closed() => {}
            () = self.pipe.over() => {}
            () = self.draining.cancelled() => {}
            () = silence(&last_byte, self.idle) => {}
        }
    }
}

/// From the client to the service. A client that has said all may still listen.
async fn up(mut payload: Payload, mut to_service: WriteHalf<TokioIo<Upgraded>>, last_byte: &Cell<Instant>) {
    while let Some(Ok(chunk)) = payload.next().await {
        if to_service.write_all(&chunk).await.is_err() {
            return;
        }
        last_byte.set(Instant::now());
    }
    if to_service.shutdown().await.is_ok() {
        std::future::pending().await
    }
}

async fn down(from_service: ReadHalf<TokioIo<Upgraded>>, to_client: &mpsc::Sender<Bytes>, last_byte: &Cell<Instant>) {
    let mut chunks = ReaderStream::new(from_service);
    while let Some(Ok(chunk)) = chunks.next().await {
        if to_client.send(chunk).await.is_err() {
            return;
        }
        last_byte.set(Instant::now());
    }
}

/// Returns when there was no byte for so long.
async fn silence(last_byte: &Cell<Instant>, idle: Duration) {
    while let Some(left) = idle.checked_sub(last_byte.get().elapsed()).filter(|left| !left.is_zero()) {
        sleep(left).await;
    }
}
