//! One worker's connections to the services, kept alive between requests.

use std::time::Duration;

use actix_web::http::StatusCode;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use problem::Problem;
use tokio::time::{sleep, timeout};

use super::{
    body::{Prepared, Pump, RequestBody},
    headers::RequestHead,
};

/// Shorter than the services keep an idle connection (5 s), so that we do not write into one that is being closed.
const IDLE_CONNECTION: Duration = Duration::from_secs(4);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Before the second attempt, for a service that is just coming back.
const PAUSE: Duration = Duration::from_millis(50);

/// Why there is no answer of a service.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("no connection")]
    Unreachable(#[source] Error),
    #[error("the connection broke before the answer")]
    Broken(#[source] Error),
    #[error("no answer in time")]
    TimedOut,
    #[error("the request cannot be passed on")]
    Refused(#[from] Problem),
}

impl UpstreamError {
    pub fn into_problem(self, service: &'static str) -> Problem {
        let cause = std::error::Error::source(&self).map(ToString::to_string);
        tracing::warn!(upstream = service, error = %self, cause, "no answer");
        let unavailable =
            |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "upstream_unavailable", detail).retry_after(1);
        match self {
            Self::Refused(problem) => problem,
            Self::TimedOut => upstream_timeout(),
            Self::Broken(_) => unavailable("The service broke off. What you asked for may have been done."),
            Self::Unreachable(_) => unavailable("The service cannot be reached at the moment. Please try again."),
        }
    }
}

pub fn upstream_timeout() -> Problem {
    let detail = "The service did not answer in time. What you asked for may have been done.";
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", detail)
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
        head: &RequestHead<'_>,
        body: Prepared,
        limit: Duration,
    ) -> Result<Response<Incoming>, UpstreamError> {
        match body {
            Prepared::Small(bytes) => in_time(limit, self.send_small(head, bytes)).await,
            Prepared::Large(flow) => {
                let (body, pump) = flow.start();
                // Boxed: the many small requests need not carry its state.
                Box::pin(self.send_flowing(head.request(body)?, pump, limit)).await
            }
        }
    }

    /// Tries twice where the first attempt cannot have done anything, or where doing it twice does no harm.
    async fn send_small(&self, head: &RequestHead<'_>, bytes: Bytes) -> Result<Response<Incoming>, UpstreamError> {
        let request = || head.request(RequestBody::whole(bytes.clone()));
        let error = match self.client.request(request()?).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if !error.is_connect() && !head.client.method().is_safe() {
            return Err(UpstreamError::Broken(error));
        }
        sleep(PAUSE).await;
        Box::pin(self.client.request(request()?)).await.map_err(failed)
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
            answer = &mut answer => {
                actix_web::rt::spawn(pump);
                return answer.map_err(failed);
            }
            pumped = &mut pump => pumped?,
        }
        in_time(limit, async { answer.await.map_err(failed) }).await
    }
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = Result<T, UpstreamError>>) -> Result<T, UpstreamError> {
    timeout(limit, work).await.unwrap_or(Err(UpstreamError::TimedOut))
}

fn failed(error: Error) -> UpstreamError {
    if error.is_connect() { UpstreamError::Unreachable(error) } else { UpstreamError::Broken(error) }
}
