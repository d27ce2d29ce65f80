//! Hashing on blocking threads, a bounded number at a time and a bounded number in line.

use std::sync::Arc;

use actix_web::http::StatusCode;
use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _,
    password_hash::{Error as HashError, phc::PasswordHash as Phc},
};
use problem::Problem;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::PasswordHash;

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("a password could not be hashed")]
    Failed(#[source] anyhow::Error),
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            // Without a cause: a flood of logins is not to become a flood of error lines.
            PasswordError::Busy => {
                let detail = "Too many people are signing in at the moment. Please try again.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_busy", detail).retry_after(2)
            }
            PasswordError::Failed(cause) => Self::internal(cause),
        }
    }
}

/// argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet).
pub struct PasswordHasher {
    /// Who may be here at all, at work or in line.
    places: Arc<Semaphore>,
    /// Who works; bounds the memory.
    workers: Arc<Semaphore>,
    /// Of a password that was made up and forgotten. It is verified for an unknown address, so that it takes as long as for a
    /// known one.
    dummy: PasswordHash,
}

impl PasswordHasher {
    pub fn new(workers: usize, queue: usize) -> Result<Self, PasswordError> {
        Ok(Self {
            places: Arc::new(Semaphore::new(workers + queue)),
            workers: Arc::new(Semaphore::new(workers)),
            dummy: hash(&crate::secrets::SecretKind::OneTimeToken.generate())?,
        })
    }

    /// A hash whose password nobody knows.
    pub fn unknown(&self) -> PasswordHash {
        self.dummy.clone()
    }

    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        self.run(move || hash(&password)).await
    }

    /// True when the password belongs to the hash. Without a hash the answer is no, and takes as long.
    pub async fn verify(&self, password: SecretString, known: Option<PasswordHash>) -> Result<bool, PasswordError> {
        let exists = known.is_some();
        let against = known.unwrap_or_else(|| self.dummy.clone());
        let matches = self.run(move || verify(&password, &against)).await?;
        Ok(matches && exists)
    }

    async fn run<T, W>(&self, work: W) -> Result<T, PasswordError>
    where
        T: Send + 'static,
        W: FnOnce() -> Result<T, PasswordError> + Send + 'static,
    {
        let place = self.places.clone().try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let worker = self.workers.clone().acquire_owned().await.map_err(|_| PasswordError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when nobody waits for it any more.
            let _held = (place, worker);
            work()
        });
        task.await.map_err(|error| PasswordError::Failed(error.into()))?
    }
}

/// Hashes on the calling thread.
fn hash(password: &SecretString) -> Result<PasswordHash, PasswordError> {
    let hashed = Argon2::default().hash_password(password.expose_secret().as_bytes());
    let phc: Phc = hashed.map_err(failed)?;
    Ok(PasswordHash::new(phc.to_string()))
}

fn verify(password: &SecretString, against: &PasswordHash) -> Result<bool, PasswordError> {
    let phc = Phc::new(against.as_str()).map_err(|error| PasswordError::Failed(anyhow::anyhow!("{error}")))?;
    match Argon2::default().verify_password(password.expose_secret().as_bytes(), &phc) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: HashError) -> PasswordError {
    PasswordError::Failed(anyhow::anyhow!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hashes_have_the_recommended_cost_and_a_salt_of_their_own() {
        let hasher = PasswordHasher::new(1, 1).unwrap();
        let first = hasher.hash("correct horse battery".into()).await.unwrap();
        let second = hasher.hash("correct horse battery".into()).await.unwrap();
        assert!(first.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.as_str());
        assert_ne!(first.as_str(), second.as_str());
        assert!(hasher.verify("correct horse battery".into(), Some(first.clone())).await.unwrap());
        assert!(!hasher.verify("another".into(), Some(first)).await.unwrap());
        assert!(!hasher.verify("another".into(), None).await.unwrap());
    }

    /// The queue refuses at once instead of growing: memory stays bounded whatever comes in.
    #[tokio::test]
    async fn a_full_queue_is_refused_and_empties_again() {
        let hasher = PasswordHasher::new(1, 1).unwrap();
        let attempts = (0..8).map(|_| hasher.verify("x".into(), None));
        let outcomes = futures_util::future::join_all(attempts).await;
        let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(PasswordError::Busy))).count();
        assert_eq!(busy, 6);
        assert!(hasher.verify("x".into(), None).await.is_ok());
    }
}
