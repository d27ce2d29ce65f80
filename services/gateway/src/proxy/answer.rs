//! Answers on their way: their bodies are passed on as they come, as long as the client takes them.

use std::{
    cell::RefCell,
    error::Error,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::{Method, StatusCode},
};
use bytes::Bytes;
use http::{HeaderMap, Response};
use hyper::body::{Body, Incoming};
use tokio::time::sleep_until;
use tokio_util::task::AbortOnDropHandle;

use super::headers;

/// What a service has answered, for the client. A client that takes nothing of it for `idle` gets no more.
pub fn pass_on(answer: Response<Incoming>, method: &Method, idle: Duration) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let (head, incoming) = answer.into_parts();
    let size = size_of(&head.headers, status, method);
    let source = Rc::new(RefCell::new(Source { incoming: Some(incoming), given_at: None }));
    let body = AnswerBody { source, size, idle, watchdog: None };
    let mut response = HttpResponse::new(status).set_body(body).map_into_boxed_body();
    headers::copy_answer(&head.headers, response.headers_mut());
    response
}

fn size_of(headers: &HeaderMap, status: StatusCode, method: &Method) -> BodySize {
    let bodiless = status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let stated = || headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    match (bodiless, stated()) {
        (true, _) => BodySize::None,
        (false, Some(length)) => BodySize::Sized(length),
        // The answer to a HEAD has no body, whatever a GET would have.
        (false, None) if *method == Method::HEAD => BodySize::None,
        (false, None) => BodySize::Stream,
    }
}

/// An answer's body, passed on chunk by chunk.
struct AnswerBody {
    source: Rc<RefCell<Source>>,
    size: BodySize,
    idle: Duration,
    /// Nobody asks us for anything while the client takes nothing: somebody else has to look at the clock.
    watchdog: Option<AbortOnDropHandle<()>>,
}

struct Source {
    /// `None` once the connection to the service was let go.
    incoming: Option<Incoming>,
    /// When the client was given the last chunk; `None` while the service is waited for.
    given_at: Option<Instant>,
}

impl AnswerBody {
    fn watch(&mut self) {
        let (source, idle) = (Rc::downgrade(&self.source), self.idle);
        self.watchdog.get_or_insert_with(|| AbortOnDropHandle::new(actix_web::rt::spawn(let_go(source, idle))));
    }
}

/// Closes the connection to the service when the client has taken nothing for so long.
async fn let_go(source: Weak<RefCell<Source>>, idle: Duration) {
    let mut due = Instant::now() + idle;
    loop {
        sleep_until(due.into()).await;
        let Some(source) = source.upgrade() else { return };
        let mut source = source.borrow_mut();
        let now = Instant::now();
        due = source.given_at.unwrap_or(now) + idle;
        if due <= now {
            source.incoming = None;
            return;
        }
    }
}

impl MessageBody for AnswerBody {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let source = self.source.clone();
        let mut source = source.borrow_mut();
        let Some(incoming) = &mut source.incoming else {
            return Poll::Ready(Some(Err("the client took nothing for too long".into())));
        };
        let next = poll_data(incoming, cx);
        // What has come in one piece needs no watching.
        if next.is_ready() && !incoming.is_end_stream() {
            self.watch();
        }
        source.given_at = next.is_ready().then(Instant::now);
        next.map_err(Into::into)
    }
}

/// The next chunk; trailers are not passed on.
fn poll_data(incoming: &mut Incoming, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
    loop {
        match ready!(Pin::new(&mut *incoming).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => return Poll::Ready(Some(Ok(data))),
                Err(_) => continue,
            },
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        }
    }
}
