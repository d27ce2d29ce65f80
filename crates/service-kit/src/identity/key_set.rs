//! Auth's public keys, fetched when an unknown one is named and now and then besides.

use std::{
    sync::{Arc, Mutex as BlockingMutex},
    time::{Duration, Instant},
};

use dashmap::DashMap;
use jsonwebtoken::{DecodingKey, jwk::JwkSet};
use tokio::sync::Mutex;

use super::TokenError;
use crate::peers::Directory;

/// An unknown `kid` asks auth for its keys at most this often, so that invented ones cost nothing.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Keys are asked for again after so long, so that one which auth has withdrawn does not verify for ever.
const LIFETIME: Duration = Duration::from_secs(300);

pub(super) struct KeySet {
    directory: Directory,
    http: reqwest::Client,
    keys: DashMap<String, DecodingKey>,
    last_refresh: Mutex<Option<Instant>>,
    /// When it was last seen to that withdrawn keys are forgotten.
    last_review: BlockingMutex<Instant>,
}

impl KeySet {
    pub fn new(directory: Directory) -> anyhow::Result<Self> {
        Ok(Self {
            directory,
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?,
            keys: DashMap::new(),
            last_refresh: Mutex::new(None),
            last_review: BlockingMutex::new(Instant::now()),
        })
    }

    pub fn trust(&self, keys: &JwkSet) {
        for jwk in &keys.keys {
            if let (Some(kid), Ok(key)) = (jwk.common.key_id.clone(), DecodingKey::from_jwk(jwk)) {
                self.keys.insert(kid, key);
            }
        }
    }

    pub async fn key(self: &Arc<Self>, kid: &str) -> Result<DecodingKey, TokenError> {
        if let Some(key) = self.known(kid) {
            self.review();
            return Ok(key);
        }
        self.refresh().await?;
        self.known(kid).ok_or(TokenError::Invalid)
    }

    /// Succeeds when there are keys.
    pub async fn ready(&self) -> Result<(), TokenError> {
        if self.keys.is_empty() { self.refresh().await } else { Ok(()) }
    }

    fn known(&self, kid: &str) -> Option<DecodingKey> {
        self.keys.get(kid).map(|key| key.clone())
    }

    /// Asks again in the background when the keys are old. While auth is away they stay: better the keys of some
    /// minutes ago than nobody signed in.
    fn review(self: &Arc<Self>) {
        let Ok(mut last) = self.last_review.try_lock() else { return };
        if last.elapsed() < LIFETIME {
            return;
        }
        *last = Instant::now();
        let keys = self.clone();
        tokio::spawn(async move {
            if let Err(error) = keys.refresh().await {
                tracing::warn!(%error, "the keys of auth are some minutes old");
            }
        });
    }

    async fn refresh(&self) -> Result<(), TokenError> {
        let mut last = self.last_refresh.lock().await;
        if last.is_some_and(|at| at.elapsed() < REFRESH_INTERVAL) && !self.keys.is_empty() {
            return Ok(());
        }
        let keys = self.fetch().await.map_err(TokenError::KeysUnavailable)?;
        *last = Some(Instant::now());
        let known: Vec<String> = keys.keys.iter().filter_map(|jwk| jwk.common.key_id.clone()).collect();
        self.keys.retain(|kid, _| known.contains(kid));
        self.trust(&keys);
        Ok(())
    }

    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        let url = format!("{}/.well-known/jwks.json", self.directory.url("auth"));
        Ok(self.http.get(url).send().await?.error_for_status()?.json().await?)
    }
}
