//! When a provider's movements are asked for, and from when on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use kernel::clock::real_now;
use providers::ProviderName;

/// How far back a process looks that has just started: as far as the ledger compares days again.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far each look reaches back beyond the one before: providers may list a movement late.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

const BETWEEN: SignedDuration = SignedDuration::from_hours(1);

/// After a failure, by real time.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// What a process remembers of each provider. Asking twice does no harm.
#[derive(Debug, Default)]
pub struct Pace(Mutex<BTreeMap<ProviderName, Looked>>);

#[derive(Debug, Clone, Copy, Default)]
struct Looked {
    /// Everything before this instant was handed over.
    until: Option<Timestamp>,
    /// By real time.
    not_before: Option<Timestamp>,
}

impl Looked {
    fn from(self, now: Timestamp, real_now: Timestamp) -> Option<Timestamp> {
        if self.not_before.is_some_and(|at| real_now < at) {
            return None;
        }
        match self.until {
            None => Some(now - WEEK),
            Some(until) if now.duration_since(until) >= BETWEEN => Some(until - OVERLAP),
            Some(_) => None,
        }
    }
}

impl Pace {
    /// From when on to ask; `None` where it is too early.
    pub fn from(&self, provider: ProviderName, now: Timestamp) -> Option<Timestamp> {
        self.with(provider, |looked| looked.from(now, real_now()))
    }

    pub fn succeeded(&self, provider: ProviderName, now: Timestamp) {
        self.with(provider, |looked| *looked = Looked { until: Some(now), not_before: None });
    }

    pub fn failed(&self, provider: ProviderName) {
        self.with(provider, |looked| looked.not_before = Some(real_now() + PAUSE));
    }

    fn with<R>(&self, provider: ProviderName, act: impl FnOnce(&mut Looked) -> R) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(provider).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn every_look_overlaps_the_one_before_and_the_first_goes_back_a_week() {
        let (day, start) = (24 * 3_600, at(30 * 24 * 3_600));
        let first = Looked::default();
        assert_eq!(first.from(start, start), Some(at(23 * day)));
        let looked = Looked { until: Some(start), not_before: None };
        assert_eq!(looked.from(start + SignedDuration::from_mins(59), start), None);
        assert_eq!(looked.from(at(70 * day), start), Some(at(29 * day)), "however long ago it was");
        let refused = Looked { not_before: Some(at(10)), ..looked };
        assert_eq!(refused.from(at(70 * day), at(9)), None);
        assert!(refused.from(at(70 * day), at(10)).is_some());
    }
}
