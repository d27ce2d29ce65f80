//! Jobs are woken by every event; some of them have no business looking that often.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What is done once an hour at most.
#[derive(Debug, Default)]
pub struct Hourly(Mutex<Option<Timestamp>>);

impl Hourly {
    /// True once an hour, by the clock that is asked.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.duration_since(last) >= HOUR);
        if due {
            *last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_an_hour() {
        let hourly = Hourly::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let due: Vec<bool> = [0, 1, 3_599, 3_600, 3_601, 7_200].map(|second| hourly.is_due(at(second))).to_vec();
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
