//! How often somebody may do something: token buckets, counted in Redis where several processes share a limit, in
//! memory otherwise. What is counted may be lost; nothing here decides about money or identity.
//!
//! While Redis is away every process counts for itself, and says so in `limits_uncounted_total`.

mod bucket;
mod memory;
mod redis;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use problem::Problem;
use service_kit::{Environment, Source};

pub use bucket::{Decision, Quota};
pub use memory::MemoryBuckets;
pub use redis::RedisBuckets;

/// The buckets are out of reach; nothing was counted.
#[derive(Debug, thiserror::Error)]
#[error("the shared counters are out of reach")]
pub struct Unreachable(#[source] anyhow::Error);

/// Where tokens are kept.
#[async_trait]
pub trait Buckets: Send + Sync {
    /// Takes one token from the client's bucket of this quota, if there is one.
    async fn take(&self, quota: &Quota, client: &str) -> Result<Decision, Unreachable>;
}

/// In development every limit is so many times higher: no test, script or benchmark reaches one.
const RELAXED: u32 = 10_000;

/// How long a request waits for Redis unless `ROOMTONE_REDIS_TIMEOUT_MS` says otherwise.
const TIMEOUT_MS: u64 = 100;

/// After a failure Redis is left alone for so long, so that no request waits for it twice.
const PAUSE: Duration = Duration::from_secs(1);

/// The limits of one process.
pub struct Limits {
    memory: MemoryBuckets,
    shared: Option<Box<dyn Buckets>>,
    factor: u32,
    started: Instant,
    /// Milliseconds since `started`, until when the shared buckets are not asked.
    paused_until: AtomicU64,
}

impl Limits {
    /// `ROOMTONE_REDIS_URL`: where limits are shared. `ROOMTONE_RATE_LIMITS`: `production`, or `relaxed`, which is the
    /// default in development.
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        let default = match source.environment() {
            Environment::Development => "relaxed",
            Environment::Production => "production",
        };
        let factor = match source.get_or("rate_limits", default.to_owned())?.as_str() {
            "production" => 1,
            "relaxed" => RELAXED,
            other => anyhow::bail!("ROOMTONE_RATE_LIMITS is production or relaxed, not {other}"),
        };
        let shared = match source.get::<String>("redis_url")? {
            Some(url) => {
                let timeout = Duration::from_millis(source.get_or("redis_timeout_ms", TIMEOUT_MS)?);
                Some(Box::new(RedisBuckets::connect(&url, timeout)?) as Box<dyn Buckets>)
            }
            None => None,
        };
        Ok(Self::new(shared, factor))
    }

    /// Counts in `shared` while it answers, in memory otherwise; quotas are `factor` times as high as they say.
    pub fn new(shared: Option<Box<dyn Buckets>>, factor: u32) -> Self {
        let (memory, started) = (MemoryBuckets::default(), Instant::now());
        Self { memory, shared, factor, started, paused_until: AtomicU64::new(0) }
    }

    /// The quota as it counts here.
    pub fn effective(&self, quota: Quota) -> Quota {
        quota.times(self.factor)
    }

    /// Takes one token of an [effective](Self::effective) quota. The client is whoever shares a bucket: an address,
    /// a user, a key. It never fails: when Redis is away the limit holds in this process alone.
    pub async fn take(&self, quota: &Quota, client: &str) -> Decision {
        let Some(shared) = self.shared.as_ref().filter(|_| !self.is_paused()) else {
            return self.take_here(quota, client);
        };
        match shared.take(quota, client).await {
            Ok(decision) => decision,
            Err(error) => {
                self.pause(&error);
                self.take_here(quota, client)
            }
        }
    }

    /// The problem for whoever has no token left.
    pub fn exceeded(decision: &Decision) -> Problem {
        let secs = decision.retry_after_secs();
        let detail = format!("Too many requests of this kind. Please try again in {secs} seconds.");
        let status = problem::StatusCode::TOO_MANY_REQUESTS;
        Problem::new(status, "too_many_requests", detail).retry_after(secs)
    }

    fn take_here(&self, quota: &Quota, client: &str) -> Decision {
        if self.shared.is_some() {
            metrics::counter!("limits_uncounted_total", "quota" => quota.name).increment(1);
        }
        self.memory.take(quota, client)
    }

    fn is_paused(&self) -> bool {
        self.paused_until.load(Ordering::Relaxed) > self.millis()
    }

    fn pause(&self, error: &Unreachable) {
        let until = self.millis() + u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX);
        self.paused_until.store(until, Ordering::Relaxed);
        tracing::warn!(error = format!("{:#}", error.0), "limits are counted in this process until Redis answers");
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
