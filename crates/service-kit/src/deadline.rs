//! How long a request may still take. The gateway says it in a header, every service passes on what is left, and
//! whoever notices that it is over answers at once: nobody waits for that answer any more.
//!
//! It travels as a number of milliseconds, so that the clocks of two machines need not agree.

use std::time::{Duration, Instant};

use actix_web::{Error, http::header::HeaderMap};
use problem::Problem;

/// Milliseconds left. Removed from what clients send.
pub const TIMEOUT_HEADER: &str = "x-roomtone-timeout-ms";

tokio::task_local! {
    static DEADLINE: Option<Instant>;
}

/// What the current request has left; `None` where it has no deadline, zero where that is over.
pub fn time_left() -> Option<Duration> {
    let deadline = DEADLINE.try_with(|deadline| *deadline).ok().flatten()?;
    Some(deadline.saturating_duration_since(Instant::now()))
}

/// The deadline a caller has set; one that cannot be read is none.
pub(crate) fn of(headers: &HeaderMap) -> Option<Instant> {
    let millis: u64 = headers.get(TIMEOUT_HEADER)?.to_str().ok()?.parse().ok()?;
    Instant::now().checked_add(Duration::from_millis(millis))
}

/// Lets the work know its deadline.
pub(crate) async fn within<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, work).await
}

/// Stops waiting for the work when its time is over.
pub(crate) async fn until<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(deadline) = deadline else { return work.await };
    if deadline <= Instant::now() {
        // Nobody waits for it any more: do not even begin.
        return Err(exceeded().into());
    }
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| Err(exceeded().into()))
}

fn exceeded() -> Problem {
    let detail = "The time for this request is over. What you asked for may have been done.";
    Problem::new(problem::StatusCode::SERVICE_UNAVAILABLE, "deadline_exceeded", detail).retry_after(1)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(TIMEOUT_HEADER), HeaderValue::from_static(value));
        headers
    }

    #[tokio::test]
    async fn work_knows_what_it_has_left() {
        assert_eq!(time_left(), None);
        let deadline = of(&headers("5000"));
        let left = within(deadline, async { time_left() }).await.unwrap();
        assert!(left <= Duration::from_secs(5) && left > Duration::from_secs(4));
        let over = of(&headers("0"));
        assert_eq!(within(over, async { time_left() }).await, Some(Duration::ZERO));
    }

    #[tokio::test]
    async fn a_request_whose_time_is_over_is_answered_at_once() {
        let never = std::future::pending::<Result<(), Error>>();
        let error = until(of(&headers("1")), never).await.unwrap_err();
        assert_eq!(error.as_response_error().status_code().as_u16(), 503);
        until(of(&headers("5000")), async { Ok(()) }).await.unwrap();
    }

    #[test]
    fn a_deadline_that_cannot_be_read_is_none() {
        for value in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(of(&headers(value)), None, "{value}");
        }
    }
}
