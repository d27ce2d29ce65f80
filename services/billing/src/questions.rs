//! When a provider is asked about something that is still open: ever more seldom, and about many things together.

use jiff::{SignedDuration, Timestamp};

const SHORTEST: SignedDuration = SignedDuration::from_mins(10);
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Questions fall on whole ten minutes, so that a clock that is moved far ahead has few instants to stop at.
const GRID_SECS: i64 = 600;

/// The next question about something that was opened at `since`: after half its age again.
pub fn next_question(since: Timestamp, now: Timestamp) -> Timestamp {
    let age = now.duration_since(since);
    let earliest = now + (age / 2).clamp(SHORTEST, LONGEST);
    let past_grid = earliest.as_second().rem_euclid(GRID_SECS);
    earliest + SignedDuration::from_secs(GRID_SECS - past_grid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &str, next: &str) {
        let since: Timestamp = "2027-03-01T09:00:30Z".parse().unwrap();
        assert_eq!(next_question(since, now.parse().unwrap()).to_string(), next);
    }

    #[test]
    fn questions_become_rare_and_fall_together() {
        check("2027-03-01T09:00:30Z", "2027-03-01T09:20:00Z");
        check("2027-03-01T09:05:00Z", "2027-03-01T09:20:00Z");
        check("2027-03-01T10:00:30Z", "2027-03-01T10:40:00Z");
        check("2027-03-09T09:00:30Z", "2027-03-09T21:10:00Z");
    }
}
