//! How long a relay waits between two looks at its outbox.

use std::time::Duration;

const IDLE_MIN: Duration = Duration::from_millis(10);
/// Keeps an idle service at forty small queries a second and an event's way well below the aim of 100 ms.
const IDLE_MAX: Duration = Duration::from_millis(25);
const STUCK_MIN: Duration = Duration::from_millis(50);
/// Short, because one event that the bus refuses for ever must not delay the others by much.
const STUCK_MAX: Duration = Duration::from_millis(500);

/// What a look at the outbox brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// There was something, and it went out: there may be more.
    Worked,
    Nothing,
    /// The bus or the database takes nothing.
    Stuck,
}

/// Waits longer the longer nothing changes.
#[derive(Default)]
pub(super) struct Pace {
    last: Option<Look>,
    wait: Duration,
}

impl Pace {
    pub(super) fn after(&mut self, look: Look) -> Duration {
        let (min, max) = match look {
            Look::Worked => (Duration::ZERO, Duration::ZERO),
            Look::Nothing => (IDLE_MIN, IDLE_MAX),
            Look::Stuck => (STUCK_MIN, STUCK_MAX),
        };
        let again = self.last == Some(look);
        self.wait = if again { (self.wait * 3 / 2).clamp(min, max) } else { min };
        self.last = Some(look);
        // Several services that wait for the same broker do not all come back in the same instant.
        if look == Look::Stuck { self.wait.mul_f64(rand::random_range(0.5..1.0)) } else { self.wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_looks_slow_down_to_their_limit_and_work_resets_them() {
        let mut pace = Pace::default();
        let waits: Vec<u128> = (0..5).map(|_| pace.after(Look::Nothing).as_millis()).collect();
        assert_eq!(waits, [10, 15, 22, 25, 25]);
        assert_eq!(pace.after(Look::Worked), Duration::ZERO);
        assert_eq!(pace.after(Look::Nothing), IDLE_MIN);
    }
}
