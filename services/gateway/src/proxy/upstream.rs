//! One worker's connections to the services, kept alive between requests.

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use bytes::Bytes;
use http::{Request, Response, header::HeaderName};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use problem::Problem;
use service_kit::peers::IDLE_CONNECTION;
use tokio::time::{sleep, timeout};

use super::{
    Breaker,
    body::{Aborted, Prepared, Pump, RequestBody, unreadable_body},
    headers::RequestHead,
};
use crate::routes::table::Repeats;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Before the second attempt, for a service that is just coming back.
const PAUSE: Duration = Duration::from_millis(50);

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Why there is no answer of a service.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("no connection")]
    Unreachable(#[source] Error),
    #[error("the connection broke before the answer")]
    Broken(#[source] Error),
    #[error("no answer in time")]
    TimedOut,
    #[error("it has not answered for a while")]
    Open,
    #[error("the connection was not handed over")]
    NotUpgraded(#[source] hyper::Error),
    #[error("the request cannot be passed on")]
    Refused(#[from] Problem),
}

impl UpstreamError {
    pub fn into_problem(self, service: &'static str) -> Problem {
        if !matches!(self, Self::Refused(_) | Self::Open) {
            let cause = std::error::Error::source(&self).map(ToString::to_string);
            tracing::warn!(upstream = service, error = %self, cause, "no answer");
        }
        let unavailable =
            |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "upstream_unavailable", detail).retry_after(1);
        match self {
            Self::Refused(problem) => problem,
            Self::TimedOut => Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                "upstream_timeout",
                "The service did not answer in time. What you asked for may have been done.",
            ),
            Self::Broken(_) | Self::NotUpgraded(_) => {
                unavailable("The service broke off. What you asked for may have been done.")
            }
            Self::Unreachable(_) | Self::Open => {
                unavailable("The service cannot be reached at the moment. Please try again.")
            }
        }
    }
}

/// The connections of one worker.
pub struct Upstreams {
    client: Client<HttpConnector, RequestBody>,
}

impl Upstreams {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .build(connector);
        Self { client }
    }

    /// The head of the answer; its body flows on behind it. The time limit starts when the service has the request.
    pub async fn send(
        &self,
        breaker: &Breaker,
        head: &RequestHead<'_>,
        body: Prepared,
    ) -> Result<Response<Incoming>, UpstreamError> {
        guarded(breaker, async {
            match body {
                Prepared::Small(bytes) => in_time(head.time_limit, self.send_small(breaker, head, bytes)).await,
                Prepared::Large(flow) => {
                    let time_left = head.time_limit + flow.time_limit();
                    let (body, pump) = flow.start();
                    // Boxed: the many small requests need not carry its state.
                    Box::pin(self.send_flowing(head.request(body, time_left)?, pump, head.time_limit)).await
                }
            }
        })
        .await
    }

    /// Sends a request whose connection may become something else.
    pub async fn open(
        &self,
        breaker: &Breaker,
        request: Request<RequestBody>,
        limit: Duration,
    ) -> Result<Response<Incoming>, UpstreamError> {
        guarded(breaker, in_time(limit, async { self.client.request(request).await.map_err(failed) })).await
    }

    /// Tries twice what does no harm twice: whatever was not sent at all, a safe method, or a request with an
    /// idempotency key where that is honoured.
    async fn send_small(
        &self,
        breaker: &Breaker,
        head: &RequestHead<'_>,
        bytes: Bytes,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let began = Instant::now();
        let request = |time_left| head.request(RequestBody::whole(bytes.clone()), time_left);
        let error = match self.client.request(request(head.time_limit)?).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let harmless = error.is_connect() || is_repeatable(head);
        if !harmless || !breaker.takes_retry() {
            return Err(failed(error));
        }
        sleep(PAUSE).await;
        metrics::counter!("gateway_retries_total", "upstream" => head.rule.service).increment(1);
        let time_left = head.time_limit.saturating_sub(began.elapsed());
        Box::pin(self.client.request(request(time_left)?)).await.map_err(failed)
    }

    /// A service may answer before it has read everything; then the rest is its own business.
    async fn send_flowing(
        &self,
        request: Request<RequestBody>,
        pump: Pump,
        limit: Duration,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let mut answer = self.client.request(request);
        let mut pump = Box::pin(pump.run());
        tokio::select! {
            // What a client breaks off is its own fault, and must be seen before what that does to the answer.
            biased;
            pumped = &mut pump => pumped?,
            answer = &mut answer => {
                actix_web::rt::spawn(pump);
                return answer.map_err(failed);
            }
        }
        in_time(limit, async { answer.await.map_err(failed) }).await
    }
}

/// Refuses at once while the breaker is open, and tells it how it went.
async fn guarded<T>(
    breaker: &Breaker,
    work: impl Future<Output = Result<T, UpstreamError>>,
) -> Result<T, UpstreamError> {
    if !breaker.admits() {
        return Err(UpstreamError::Open);
    }
    let outcome = work.await;
    match &outcome {
        Ok(_) => breaker.succeeded(),
        Err(UpstreamError::Refused(_) | UpstreamError::Open) => {}
        Err(_) => breaker.failed(),
    }
    outcome
}

fn is_repeatable(head: &RequestHead<'_>) -> bool {
    let has_key = || head.client.headers().contains_key(IDEMPOTENCY_KEY.as_str());
    head.client.method().is_safe() || head.rule.repeats == Repeats::WithKey && has_key()
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, UpstreamError>>) -> Result<T, UpstreamError> {
    timeout(limit, work).await.unwrap_or(Err(UpstreamError::TimedOut))
}

fn failed(error: Error) -> UpstreamError {
    if error.is_connect() {
        UpstreamError::Unreachable(error)
    } else if is_aborted(&error) {
        UpstreamError::Refused(unreadable_body())
    } else {
        UpstreamError::Broken(error)
    }
}

/// True when it was the client's body that broke off.
fn is_aborted(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<Aborted>() {
            return true;
        }
        cause = error.source();
    }
    false
}
