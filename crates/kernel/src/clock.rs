//! The one source of "now" for everything that decides by time.
//!
//! Timeouts, leases and rate limits count real time and do not use it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};

/// A clock shared by every part of a service.
pub type SharedClock = Arc<dyn Clock>;

/// Tells the current instant in microseconds, the precision of PostgreSQL, so that a stored instant equals the one
/// it was stored from.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock plus an offset: zero for ever in production, moved by the sandbox in development.
#[derive(Debug, Default)]
pub struct SystemClock {
    offset_secs: AtomicI64,
}

impl SystemClock {
    pub fn offset_secs(&self) -> i64 {
        self.offset_secs.load(Ordering::Acquire)
    }

    pub fn set_offset_secs(&self, offset_secs: i64) {
        self.offset_secs.store(offset_secs, Ordering::Release);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        real_now() + SignedDuration::from_secs(self.offset_secs())
    }
}

/// The machine's own time, for what must not follow the sandbox clock: lease stamps, log lines, token caches.
#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
pub fn real_now() -> Timestamp {
    to_micros(Timestamp::now())
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    pub fn at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self { micros: AtomicI64::new(start.as_microsecond()) })
    }

    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.as_microsecond(), Ordering::Release);
    }

    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now() + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros.load(Ordering::Acquire)).unwrap_or(Timestamp::MAX)
    }
}

fn to_micros(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}
