//! Load from inside this program: so many clients, each beginning the next piece of work when the last is done.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::anyhow;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// What a load has reached; percentiles where whoever made the load knows them.
#[derive(Clone, Copy, PartialEq)]
pub struct Throughput {
    pub per_second: f64,
    pub p50: Option<Duration>,
    pub p99: Option<Duration>,
}

impl fmt::Debug for Throughput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}/s", self.per_second)?;
        if let (Some(p50), Some(p99)) = (self.p50, self.p99) {
            write!(f, ", p50 {}, p99 {}", millis(p50), millis(p99))?;
        }
        Ok(())
    }
}

/// `1.25 ms`.
pub fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// Numbers the pieces of work of all loads, so that no two ask for the same.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Runs `work` on `clients` tasks for so long. The first failure fails the whole: figures of errors say nothing.
pub async fn closed_loop<F>(
    clients: usize,
    time: Duration,
    work: impl Fn() -> F + Clone + Send + 'static,
) -> anyhow::Result<Throughput>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let work = work.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let began = Instant::now();
                work().await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.map_err(|error| anyhow!("a client crashed: {error}"))??);
    }
    let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
    let (p50, p99) = (percentile(&mut times, 50.0), percentile(&mut times, 99.0));
    Ok(Throughput { per_second, p50: Some(p50), p99: Some(p99) })
}

/// Begins `count` pieces of work, so many a second, on up to `clients` tasks. The time of each is from the instant it was
/// due: what has to wait behind a slow one is slow as well.
pub async fn steady<F>(
    clients: usize,
    per_second: u32,
    count: u64,
    work: impl Fn(u64, Instant) -> F + Clone + Send + 'static,
) -> anyhow::Result<Throughput>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let (numbers, began) = (Counter::default(), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (work, numbers) = (work.clone(), numbers.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            let next = || Some(numbers.next()).filter(|number| *number < count);
            while let Some(number) = next() {
                let due = began + Duration::from_secs_f64(number as f64 / f64::from(per_second));
                sleep_until(due).await;
                work(number, due).await?;
                times.push(due.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.map_err(|error| anyhow!("a client crashed: {error}"))??);
    }
    let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
    let (p50, p99) = (percentile(&mut times, 50.0), percentile(&mut times, 99.0));
    Ok(Throughput { per_second, p50: Some(p50), p99: Some(p99) })
}

/// The time that `percent` of all stay below; sorts them.
pub fn percentile(times: &mut [Duration], percent: f64) -> Duration {
    times.sort_unstable();
    let rank = (times.len() as f64 * percent / 100.0).ceil() as usize;
    times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut times, 50.0), Duration::from_millis(100));
        assert_eq!(percentile(&mut times, 99.0), Duration::from_millis(198));
        assert_eq!(percentile(&mut times, 100.0), Duration::from_millis(200));
        assert_eq!(percentile(&mut [], 99.0), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_waits_behind_slow_work_is_slow_as_well() {
        let slow = |_, _| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            anyhow::Ok(())
        };
        // All three are due at once, and the last begins when the others are done.
        let alone = steady(1, 1_000_000, 3, slow).await.unwrap();
        assert!(
            alone.p50 >= Some(Duration::from_millis(40)) && alone.p99 >= Some(Duration::from_millis(60)),
            "{alone:?}"
        );
    }

    #[tokio::test]
    async fn a_failing_client_is_not_counted_as_fast() {
        let outcome = closed_loop(2, Duration::from_secs(5), || async { Err(anyhow!("409")) }).await;
        assert_eq!(outcome.unwrap_err().to_string(), "409");
    }
}
