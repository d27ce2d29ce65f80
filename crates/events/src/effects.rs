//! Tells a service's jobs that there may be something to do.

use tokio::sync::watch;

/// Rises with every effect of a delivery, so that jobs look at once for what it left them to do.
///
/// Every job listens for itself and remembers what it has seen: an effect that happens while a job is busy wakes it
/// when it comes back to wait, and many effects wake it once. (A `Notify` would wake only one of several jobs, or
/// lose the wake when nobody waits.)
#[derive(Debug, Clone)]
pub struct Effects(watch::Sender<u64>);

impl Default for Effects {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Effects {
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes every listener, now or when it waits next.
    pub fn notify(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Hears every effect from now on.
    pub fn listen(&self) -> EffectsListener {
        EffectsListener(self.0.subscribe())
    }
}

/// One job's ear.
#[derive(Debug, Clone)]
pub struct EffectsListener(watch::Receiver<u64>);

impl EffectsListener {
    /// Returns at the first effect since the last call; waits for ever once the service has gone.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn an_effect_before_the_wait_is_not_lost_and_wakes_everyone_once() {
        let effects = Effects::new();
        let (mut first, mut second) = (effects.listen(), effects.listen());
        effects.notify();
        effects.notify();
        assert!(first.changed().now_or_never().is_some());
        assert!(first.changed().now_or_never().is_none());
        assert!(second.changed().now_or_never().is_some());
    }
}
