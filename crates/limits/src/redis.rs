//! Buckets in Redis, shared by all processes. Each take is one script, so that it is decided in one piece and by
//! Redis's own clock.

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use fred::{
    prelude::{Builder, Client, ClientLike, Config, ReconnectPolicy},
    types::scripts::Script,
};

use crate::{Buckets, Decision, Quota, Unreachable};

/// Between attempts to reconnect, in milliseconds.
const RECONNECT: (u32, u32) = (50, 2_000);

/// Counts in Redis.
pub struct RedisBuckets {
    client: Client,
    take: Script,
    timeout: Duration,
}

impl RedisBuckets {
    /// Connects in the background, again and again: a Redis that is away is no reason not to start. No request waits
    /// longer than `timeout` for its limit.
    pub fn connect(url: &str, timeout: Duration) -> anyhow::Result<Self> {
        let mut config = Config::from_url(url).context("ROOMTONE_REDIS_URL")?;
        config.fail_fast = false;
        let mut builder = Builder::from_config(config);
        builder.set_policy(ReconnectPolicy::new_exponential(0, RECONNECT.0, RECONNECT.1, 2));
        builder.with_performance_config(|config| config.default_command_timeout = timeout);
        builder.with_connection_config(|config| {
            config.connection_timeout = Duration::from_secs(2);
            // A token that was taken and whose answer was lost must not be taken twice.
            config.max_command_attempts = 1;
        });
        let client = builder.build().context("a client for Redis")?;
        // The task ends with the last client.
        drop(client.connect());
        Ok(Self { client, take: Script::from_lua(include_str!("take.lua")), timeout })
    }

    async fn run(&self, quota: &Quota, client: &str) -> Result<(u64, u64), fred::error::Error> {
        let key = format!("limits:{}:{client}", quota.name);
        let (window, interval) = (quota.window_micros(), quota.interval_micros());
        let arguments = vec![window.to_string(), interval.to_string()];
        self.take.evalsha_with_reload(&self.client, vec![key], arguments).await
    }
}

#[async_trait]
impl Buckets for RedisBuckets {
    async fn take(&self, quota: &Quota, client: &str) -> Result<Decision, Unreachable> {
        let taken = tokio::time::timeout(self.timeout, self.run(quota, client)).await;
        let taken = taken.map_err(|_| Unreachable(anyhow::anyhow!("no answer in time")))?;
        let (full_in, wait) = taken.map_err(|error| Unreachable(error.into()))?;
        Ok(Decision::new(quota, full_in, wait))
    }
}
