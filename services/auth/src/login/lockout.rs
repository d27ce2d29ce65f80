//! How failed logins slow down guessing: after a number of them the address is locked for a minute, then for two,
//! four, up to an hour. Whoever knows the password waits at most that long; whoever guesses gets 24 tries a day.

use jiff::{SignedDuration, Timestamp};

const FIRST_LOCK_MINUTES: i64 = 1;
const LONGEST_LOCK_MINUTES: i64 = 60;

/// Failures are forgotten when there has been none for this long.
pub const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// The failure that locks for the first time.
    pub threshold: i32,
}

/// What is remembered of failed logins to one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginFailures {
    pub count: i32,
    pub last_failed_at: Timestamp,
}

impl LoginFailures {
    pub fn is_locked(&self, policy: LockoutPolicy, now: Timestamp) -> bool {
        let over = self.count - policy.threshold;
        if over < 0 {
            return false;
        }
        // 2^6 minutes are more than the longest lock.
        let minutes = (FIRST_LOCK_MINUTES << over.min(6)).min(LONGEST_LOCK_MINUTES);
        now < self.last_failed_at + SignedDuration::from_mins(minutes)
    }

    /// One more failure. A failure while locked changes nothing, so that nobody is kept out for ever.
    pub fn after_failure(self, policy: LockoutPolicy, now: Timestamp) -> Self {
        if self.is_locked(policy, now) {
            self
        } else if self.last_failed_at + FORGOTTEN_AFTER <= now {
            Self { count: 1, last_failed_at: now }
        } else {
            Self { count: self.count.saturating_add(1), last_failed_at: now }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LockoutPolicy = LockoutPolicy { threshold: 3 };

    fn at(minute: i64) -> Timestamp {
        "2027-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    fn failed(count: i32) -> LoginFailures {
        LoginFailures { count, last_failed_at: at(0) }
    }

    #[test]
    fn locks_grow_from_a_minute_to_an_hour_and_end_by_themselves() {
        for (count, minutes) in [(2, 0), (3, 1), (4, 2), (5, 4), (8, 32), (9, 60), (i32::MAX, 60)] {
            let failures = failed(count);
            assert!(!failures.is_locked(POLICY, at(minutes)), "{count}");
            assert!(minutes == 0 || failures.is_locked(POLICY, at(minutes - 1)), "{count}");
        }
    }

    #[test]
    fn a_failure_while_locked_does_not_prolong_the_lock() {
        let locked = failed(5);
        assert_eq!(locked.after_failure(POLICY, at(3)), locked);
        assert_eq!(locked.after_failure(POLICY, at(4)), LoginFailures { count: 6, last_failed_at: at(4) });
    }

    #[test]
    fn failures_are_forgotten_after_a_day() {
        assert_eq!(failed(5).after_failure(POLICY, at(24 * 60)).count, 1);
        assert_eq!(failed(1).after_failure(POLICY, at(23 * 60)).count, 2);
    }
}
