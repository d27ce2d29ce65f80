//! Waiting on a condition instead of sleeping.

use std::{future::Future, time::Duration};

/// Asks until the answer is `Some`; panics with `what` when it has not been for 20 seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.unwrap_or_else(|_| panic!("never came true: {what}"))
}
