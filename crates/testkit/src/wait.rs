//! Waiting on a condition instead of sleeping, and how much a test does.

use std::{future::Future, time::Duration};

/// Asks until the answer is `Some`; panics with `what` when it has not been for 20 seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    eventually_within(Duration::from_secs(20), what, ask).await
}

/// The same with more patience.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| panic!("never came true: {what}"))
}

/// The size of a heavy check: `small` in `./dev test`, `full` in `just soak` (`ROOMTONE_SOAK=full`).
pub fn budget(small: usize, full: usize) -> usize {
    if std::env::var("ROOMTONE_SOAK").is_ok_and(|soak| soak == "full") { full } else { small }
}
