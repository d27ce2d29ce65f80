//! Buckets in the memory of this process.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use dashmap::DashMap;

use crate::{Buckets, Decision, Quota, Unreachable, bucket};

/// Buckets remembered at once, 16 bytes each.
const CAPACITY: usize = 500_000;

/// Full buckets are looked for at most this often.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Counts in this process. A client is remembered by a hash with a random key, so that nobody can choose to share
/// somebody else's bucket.
pub struct MemoryBuckets {
    started: Instant,
    hasher: RandomState,
    /// When each bucket is full, in microseconds since `started`.
    full_at: DashMap<u64, u64>,
    last_sweep: Mutex<Instant>,
}

impl Default for MemoryBuckets {
    fn default() -> Self {
        let started = Instant::now();
        Self { started, hasher: RandomState::new(), full_at: DashMap::new(), last_sweep: Mutex::new(started) }
    }
}

impl MemoryBuckets {
    /// Takes one token, without waiting for anything.
    pub fn take(&self, quota: &Quota, client: &str) -> Decision {
        let now = self.micros();
        if self.full_at.len() >= CAPACITY {
            self.sweep(now);
        }
        let mut full_at = self.full_at.entry(self.hasher.hash_one((quota.name, client))).or_insert(0);
        let (next, decision) = bucket::take(quota, *full_at, now);
        *full_at = next;
        decision
    }

    /// Forgets the buckets that are full. When too many clients are at it at once all are forgotten: the memory of
    /// this process has a limit too.
    fn sweep(&self, now: u64) {
        let Ok(mut last) = self.last_sweep.try_lock() else { return };
        if last.elapsed() >= SWEEP_INTERVAL {
            *last = Instant::now();
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        if self.full_at.len() >= CAPACITY {
            self.full_at.clear();
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[async_trait]
impl Buckets for MemoryBuckets {
    async fn take(&self, quota: &Quota, client: &str) -> Result<Decision, Unreachable> {
        Ok(Self::take(self, quota, client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_clients_leaves_memory_bounded() {
        let buckets = MemoryBuckets::default();
        let quota = Quota::per_minute("x", 1);
        for client in 0..CAPACITY + 10 {
            buckets.take(&quota, &client.to_string());
        }
        assert!(buckets.full_at.len() <= CAPACITY);
    }
}
