//! Background jobs. A job takes the clock, may run twice, late, or in two processes at once; the database decides.

use std::{sync::Arc, time::Duration};

use events::{Effects, EffectsListener};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kernel::SharedClock;
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Under load there is an effect every few milliseconds, and a look for work costs the same whether it finds any: what
/// happens meanwhile is found together.
const PAUSE: Duration = Duration::from_millis(100);

type Due<A> = for<'a> fn(&'a A) -> BoxFuture<'a, anyhow::Result<Option<Timestamp>>>;
type Run<A> = for<'a> fn(&'a A, Timestamp) -> BoxFuture<'a, anyhow::Result<()>>;

/// One background job of a service whose state is `A`.
pub struct Job<A> {
    name: &'static str,
    every: Duration,
    next_due: Due<A>,
    run: Run<A>,
}

impl<A> Job<A> {
    /// A job that plans nothing: what it does is due at once, or nobody waits for it.
    ///
    /// It looks for work by itself as often as `every`, and after consumed events, at once or a moment later. `run` does
    /// all that is due at the given instant; work for an outside party (a mail, a refund) is repeated until it has
    /// succeeded.
    pub fn new(name: &'static str, every: Duration, run: Run<A>) -> Self {
        Self { name, every, next_due: |_| Box::pin(async { Ok(None) }), run }
    }

    /// The same with the next instant at which there is something to do, so that the sandbox clock can stop there.
    /// `None`: nothing is planned.
    #[must_use]
    pub fn due(self, next_due: Due<A>) -> Self {
        Self { next_due, ..self }
    }
}

/// All jobs of a running service.
pub(crate) struct Jobs<A: 'static> {
    /// Each with the lock under which it runs: once at a time in a process.
    jobs: Vec<(Job<A>, Mutex<()>)>,
    app: Arc<A>,
    clock: SharedClock,
    wake: Effects,
}

impl<A: Send + Sync + 'static> Jobs<A> {
    pub(crate) fn new(jobs: Vec<Job<A>>, app: Arc<A>, clock: SharedClock, wake: Effects) -> Arc<Self> {
        let jobs = jobs.into_iter().map(|job| (job, Mutex::default())).collect();
        Arc::new(Self { jobs, app, clock, wake })
    }

    /// Runs every job at its own pace until `stop`; a run in progress finishes.
    pub(crate) fn spawn(self: &Arc<Self>, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        for index in 0..self.jobs.len() {
            tasks.spawn(self.clone().repeat(index, stop.clone()));
        }
    }

    async fn repeat(self: Arc<Self>, index: usize, stop: CancellationToken) {
        let (job, alone) = &self.jobs[index];
        let mut effects = self.wake.listen();
        while !stop.is_cancelled() {
            self.run(job, alone).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = rest(&mut effects, job.every) => {}
            }
        }
    }

    async fn run(&self, job: &Job<A>, alone: &Mutex<()>) {
        let _alone = alone.lock().await;
        if let Err(error) = (job.run)(&self.app, self.clock.now()).await {
            tracing::warn!(job = job.name, error = format!("{error:#}"), "job failed; it will try again");
        }
    }

    /// Runs everything once, for a clock that was moved. What was under way before is done then as well: the clock does
    /// not move on under it.
    pub(crate) async fn run_all(&self) {
        for (job, alone) in &self.jobs {
            self.run(job, alone).await;
        }
    }

    /// The earliest instant any job waits for.
    pub(crate) async fn next_due(&self) -> anyhow::Result<Option<Timestamp>> {
        let mut earliest = None;
        for (job, _) in &self.jobs {
            let due = (job.next_due)(&self.app).await?;
            earliest = match (earliest, due) {
                (Some(a), Some(b)) => Some(std::cmp::min(a, b)),
                (a, b) => a.or(b),
            };
        }
        Ok(earliest)
    }
}

/// From one run to the next: until there is an effect, and no longer than `every`.
async fn rest(effects: &mut EffectsListener, every: Duration) {
    tokio::time::sleep(PAUSE).await;
    tokio::select! {
        () = effects.changed() => {}
        () = tokio::time::sleep(every.saturating_sub(PAUSE)) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Instant,
    };

    use kernel::clock::SystemClock;

    use super::*;

    #[derive(Debug, Default)]
    struct Desk {
        waiting: AtomicU32,
        looks: AtomicU32,
    }

    #[tokio::test]
    async fn effects_in_quick_succession_are_looked_after_together_and_none_is_missed() {
        let (desk, effects, stop) = (Arc::new(Desk::default()), Effects::new(), CancellationToken::new());
        let look = Job::new("look", Duration::from_secs(3_600), |desk: &Desk, _| {
            Box::pin(async {
                desk.looks.fetch_add(1, Ordering::SeqCst);
                desk.waiting.store(0, Ordering::SeqCst);
                Ok(())
            })
        });
        let mut tasks = JoinSet::new();
        let clock = Arc::new(SystemClock::default());
        Jobs::new(vec![look], desk.clone(), clock, effects.clone()).spawn(&mut tasks, &stop);
        let start = Instant::now();
        for _ in 0..200 {
            desk.waiting.fetch_add(1, Ordering::SeqCst);
            effects.notify();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while desk.waiting.load(Ordering::SeqCst) > 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "an effect was missed");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let most = start.elapsed().as_millis() / PAUSE.as_millis() + 2;
        assert!(u128::from(desk.looks.load(Ordering::SeqCst)) <= most, "{desk:?}");
        stop.cancel();
        tasks.join_all().await;
    }
}
