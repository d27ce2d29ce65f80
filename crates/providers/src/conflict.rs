//! Calls that others may be making at the same time, with the same idempotency key.

use std::{future::Future, time::Duration};

use crate::ProviderError;

/// How often, and after which pause, a call is repeated: for a second in all.
const REPEATS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The provider refuses one of two such calls while the other is under way, and answers both alike then.
///
/// # Errors
/// [`ProviderError::Conflict`] when the other call is still under way after a second.
pub async fn repeat_on_conflict<T, F>(call: impl Fn() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    for _ in 0..REPEATS {
        match call().await {
            Err(ProviderError::Conflict) => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
    call().await
}
