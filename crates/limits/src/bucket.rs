//! The arithmetic of a token bucket, as the generic cell rate algorithm (ITU-T I.371) keeps it: all that is remembered
//! of a bucket is when it will be full again.

use std::time::Duration;

/// So many requests in a window: the bucket holds `requests` tokens and fills evenly within `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Names it in headers, metrics and keys: lower case, with underscores.
    pub name: &'static str,
    pub requests: u32,
    pub window: Duration,
}

impl Quota {
    pub const fn per_minute(name: &'static str, requests: u32) -> Self {
        Self { name, requests, window: Duration::from_secs(60) }
    }

    pub const fn per_hour(name: &'static str, requests: u32) -> Self {
        Self { name, requests, window: Duration::from_secs(3600) }
    }

    /// `factor` times as many in the same window.
    pub const fn times(self, factor: u32) -> Self {
        Self { requests: self.requests.saturating_mul(factor), ..self }
    }

    pub(crate) fn window_micros(&self) -> u64 {
        u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX).max(1)
    }

    /// The time one token takes to come back.
    pub(crate) fn interval_micros(&self) -> u64 {
        (self.window_micros() / u64::from(self.requests.max(1))).max(1)
    }
}

/// What became of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// Tokens left.
    pub remaining: u64,
    /// Until the bucket is full.
    pub reset_after: Duration,
    /// Until there is a token; zero when this one was given.
    pub retry_after: Duration,
}

impl Decision {
    /// Times in microseconds; a wait of zero is a token given.
    pub(crate) fn new(quota: &Quota, full_in: u64, wait: u64) -> Self {
        let remaining = quota.window_micros().saturating_sub(full_in) / quota.interval_micros();
        Self {
            allowed: wait == 0,
            remaining: if wait == 0 { remaining } else { 0 },
            reset_after: Duration::from_micros(full_in),
            retry_after: Duration::from_micros(wait),
        }
    }

    /// Whole seconds, at least one: for `Retry-After`.
    pub fn retry_after_secs(&self) -> u64 {
        whole_secs(self.retry_after).max(1)
    }

    /// Whole seconds until the bucket is full.
    pub fn reset_after_secs(&self) -> u64 {
        whole_secs(self.reset_after)
    }
}

fn whole_secs(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// One request for a token at `now`, of a bucket that is full at `full_at` (microseconds of one clock): when it is
/// full then, and what to answer.
pub(crate) fn take(quota: &Quota, full_at: u64, now: u64) -> (u64, Decision) {
    let next = full_at.max(now) + quota.interval_micros();
    let debt = next - now;
    match debt.checked_sub(quota.window_micros()) {
        Some(wait) if wait > 0 => (full_at, Decision::new(quota, full_at - now, wait)),
        _ => (next, Decision::new(quota, debt, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// Takes at the given seconds; answers which got a token.
    fn check(quota: Quota, at: &[u64]) -> Vec<bool> {
        let mut full_at = 0;
        let taken = at.iter().map(|second| {
            let (next, decision) = take(&quota, full_at, second * SECOND);
            full_at = next;
            decision.allowed
        });
        taken.collect()
    }

    #[test]
    fn a_full_bucket_gives_all_its_tokens_at_once_and_then_one_an_interval() {
        let quota = Quota::per_minute("x", 3);
        assert_eq!(check(quota, &[0, 0, 0, 0]), [true, true, true, false]);
        assert_eq!(check(quota, &[0, 0, 0, 19, 20, 20, 40]), [true, true, true, false, true, false, true]);
        assert_eq!(check(quota, &[0, 0, 0, 60, 60, 60, 60]), [true, true, true, true, true, true, false]);
    }

    #[test]
    fn refusals_cost_nothing() {
        let hammering: Vec<u64> = (0..60).collect();
        let given = check(Quota::per_minute("x", 3), &hammering).into_iter().filter(|given| *given).count();
        assert_eq!(given, 5, "three at once, then those of seconds 20 and 40");
    }

    #[test]
    fn the_answer_says_what_is_left_and_when_to_come_back() {
        let quota = Quota::per_minute("x", 3);
        let (full_at, first) = take(&quota, 0, 1);
        assert_eq!((first.remaining, first.reset_after_secs()), (2, 20));
        let (full_at, _) = take(&quota, full_at, 1);
        let (full_at, last) = take(&quota, full_at, 1);
        assert_eq!((last.remaining, last.reset_after_secs()), (0, 60));
        let (_, refused) = take(&quota, full_at, 1);
        assert_eq!((refused.allowed, refused.remaining, refused.retry_after_secs()), (false, 0, 20));
    }

    #[test]
    fn odd_rates_give_exactly_what_they_promise() {
        for requests in [1, 2, 7, 20, 600, 1_200_000] {
            let quota = Quota::per_minute("x", requests);
            let mut full_at = 0;
            let mut given = 0;
            loop {
                let (next, decision) = take(&quota, full_at, 0);
                full_at = next;
                if !decision.allowed {
                    break;
                }
                given += 1;
            }
            assert_eq!(given, requests);
        }
    }
}
