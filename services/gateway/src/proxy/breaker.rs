//! Keeps a dead service from costing anything: after a row of failures its requests are refused at once, and now and
//! then one is let through to see whether it is back.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use service_kit::config::SERVICES;

/// Failures in a row that open the breaker. A slow route beside fast ones does not: every answer starts the row anew.
const THRESHOLD: u32 = 5;

/// How long an open breaker lets nobody through.
const OPEN: Duration = Duration::from_millis(500);

/// A retry costs ten requests: at most every tenth request is sent twice, so that a service in trouble is not asked
/// twice by everybody.
const RETRY_COST: u32 = 10;

/// What a quiet service may be retried at once.
const BUDGET: u32 = 100;

/// One for each service, shared by all workers.
#[derive(Debug)]
pub struct Breakers(Vec<Breaker>);

impl Default for Breakers {
    fn default() -> Self {
        Self(SERVICES.iter().map(|(service, _)| Breaker::new(service)).collect())
    }
}

impl Breakers {
    pub fn of(&self, service: &str) -> Option<&Breaker> {
        self.0.iter().find(|breaker| breaker.service == service)
    }
}

/// The state of one upstream, shared by all workers.
#[derive(Debug)]
pub struct Breaker {
    service: &'static str,
    started: Instant,
    failures: AtomicU32,
    /// Milliseconds since `started`.
    open_until: AtomicU64,
    budget: AtomicU32,
}

impl Breaker {
    pub fn new(service: &'static str) -> Self {
        Self {
            service,
            started: Instant::now(),
            failures: AtomicU32::new(0),
            open_until: AtomicU64::new(0),
            budget: AtomicU32::new(BUDGET),
        }
    }

    /// Whether a request may be sent. While the breaker is open that is one in each [`OPEN`]: the probe.
    pub fn admits(&self) -> bool {
        self.admits_at(self.started.elapsed())
    }

    fn admits_at(&self, now: Duration) -> bool {
        let admits = self.failures.load(Ordering::Relaxed) < THRESHOLD || self.is_probe(now);
        if admits {
            // Lost updates only make the budget smaller.
            let budget = self.budget.load(Ordering::Relaxed);
            if budget < BUDGET {
                self.budget.store(budget + 1, Ordering::Relaxed);
            }
        }
        admits
    }

    fn is_probe(&self, now: Duration) -> bool {
        let (now, until) = (millis(now), self.open_until.load(Ordering::Relaxed));
        let next = now + millis(OPEN);
        now >= until && self.open_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The service has answered, whatever it said.
    pub fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) > 0 && self.failures.swap(0, Ordering::Relaxed) >= THRESHOLD {
            tracing::info!(upstream = self.service, "answers again");
        }
    }

    /// No connection, or no answer in time.
    pub fn failed(&self) {
        self.failed_at(self.started.elapsed());
    }

    fn failed_at(&self, now: Duration) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures >= THRESHOLD {
            self.open_until.fetch_max(millis(now + OPEN), Ordering::Relaxed);
        }
        if failures == THRESHOLD {
            metrics::counter!("gateway_breaker_opened_total", "upstream" => self.service).increment(1);
            tracing::warn!(upstream = self.service, "does not answer; its requests are refused until it does");
        }
    }

    /// Whether a second attempt is within the budget.
    pub fn takes_retry(&self) -> bool {
        let paid = |budget: u32| budget.checked_sub(RETRY_COST);
        self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_ok()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Breaker {
        let breaker = Breaker::new("booking");
        for _ in 0..THRESHOLD {
            assert!(breaker.admits_at(Duration::ZERO));
            breaker.failed_at(Duration::ZERO);
        }
        breaker
    }

    #[test]
    fn a_row_of_failures_opens_it_and_one_probe_at_a_time_is_let_through() {
        let breaker = broken();
        assert!(!breaker.admits_at(Duration::from_millis(1)));
        assert!(breaker.admits_at(OPEN), "the probe");
        assert!(!breaker.admits_at(OPEN), "and only one");
        breaker.failed_at(OPEN);
        assert!(!breaker.admits_at(OPEN + Duration::from_millis(1)));
        assert!(breaker.admits_at(2 * OPEN));
    }

    #[test]
    fn one_answer_closes_it() {
        let breaker = broken();
        assert!(breaker.admits_at(OPEN));
        breaker.succeeded();
        assert!(breaker.admits_at(OPEN) && breaker.admits_at(OPEN));
    }

    #[test]
    fn answers_between_failures_keep_it_closed() {
        let breaker = Breaker::new("booking");
        for _ in 0..10 * THRESHOLD {
            breaker.failed_at(Duration::ZERO);
            breaker.succeeded();
        }
        assert!(breaker.admits_at(Duration::ZERO));
    }

    /// A probe whose client went away reports nothing; the next one must still come.
    #[test]
    fn a_probe_that_never_reports_does_not_keep_it_open() {
        let breaker = broken();
        assert!(breaker.admits_at(OPEN));
        assert!(breaker.admits_at(2 * OPEN));
    }

    #[test]
    fn retries_are_a_tenth_of_the_requests() {
        let breaker = Breaker::new("booking");
        let spent = (0..1000).filter(|_| breaker.takes_retry()).count();
        assert_eq!(spent, 10, "what a quiet service may be retried at once");
        for _ in 0..100 {
            breaker.admits();
        }
        assert_eq!((0..1000).filter(|_| breaker.takes_retry()).count(), 10);
    }
}
