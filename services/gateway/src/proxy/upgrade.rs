//! WebSockets (RFC 6455): when a service agrees to switch protocols, the two connections become one pipe. What flows
//! through it is theirs.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::Payload,
};
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderValue;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio_util::io::ReaderStream;

use super::{
    Breaker, Upstreams, answer_from,
    body::RequestBody,
    headers::{self, RequestHead},
    upstream::UpstreamError,
};

/// True for a request that asks for a WebSocket.
pub fn is_wanted(request: &HttpRequest) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    *request.method() == Method::GET
        && request.head().upgrade()
        && upgrade.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// The service's answer, with the pipe behind it when it agrees.
pub async fn pass_through(
    upstreams: &Upstreams,
    breaker: &Breaker,
    head: &RequestHead<'_>,
    payload: Payload,
) -> Result<HttpResponse, UpstreamError> {
    let mut request = head.request(RequestBody::whole(Bytes::new()))?;
    request.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("upgrade"));
    request.headers_mut().insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
    let mut answer = upstreams.open(breaker, request, head.time_limit).await?;
    if answer.status() != http::StatusCode::SWITCHING_PROTOCOLS {
        return Ok(answer_from(answer, &Method::GET));
    }
    let upgraded = hyper::upgrade::on(&mut answer).await.map_err(UpstreamError::NotUpgraded)?;
    let (from_service, to_service) = tokio::io::split(TokioIo::new(upgraded));
    actix_web::rt::spawn(pump(payload, to_service));
    let mut response = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS)
        .upgrade("websocket")
        .streaming(ReaderStream::new(from_service));
    response.headers_mut().remove(header::CONTENT_TYPE);
    headers::copy_answer(answer.headers(), response.headers_mut());
    Ok(response)
}

/// Ends with either side.
async fn pump(mut payload: Payload, mut to_service: WriteHalf<TokioIo<Upgraded>>) {
    while let Some(Ok(chunk)) = payload.next().await {
        if to_service.write_all(&chunk).await.is_err() {
            return;
        }
    }
    let _ = to_service.shutdown().await;
}
