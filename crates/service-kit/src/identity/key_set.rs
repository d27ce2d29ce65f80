//! Auth's public keys, fetched when an unknown one is named and now and then besides.

use std::{
    sync::{
        Arc, Mutex as BlockingMutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::anyhow;
use dashmap::DashMap;
use jsonwebtoken::{DecodingKey, jwk::JwkSet};
use tokio::sync::Mutex;

use super::TokenError;
use crate::peers::{Directory, IDLE_CONNECTION};

/// Auth is asked for its keys at most this often, so that invented names of keys cost it nothing: they wait.
const REFRESH_INTERVAL: Duration = Duration::from_millis(250);

/// Keys are asked for again after so long, so that one which auth has withdrawn does not verify for ever.
const LIFETIME: Duration = Duration::from_secs(60);

const TIMEOUT: Duration = Duration::from_secs(5);

/// The last question to auth, and whether it was answered.
struct Refresh {
    began: Instant,
    ended: Instant,
    succeeded: bool,
}

pub(super) struct KeySet {
    directory: Directory,
    http: reqwest::Client,
    keys: DashMap<String, DecodingKey>,
    last_refresh: Mutex<Option<Refresh>>,
    /// When it was last seen to that withdrawn keys are forgotten.
    last_review: BlockingMutex<Instant>,
    withdrawn: AtomicU64,
}

impl KeySet {
    pub fn new(directory: Directory) -> anyhow::Result<Self> {
        Ok(Self {
            directory,
            http: reqwest::Client::builder().no_proxy().timeout(TIMEOUT).pool_idle_timeout(IDLE_CONNECTION).build()?,
            keys: DashMap::new(),
            last_refresh: Mutex::new(None),
            last_review: BlockingMutex::new(Instant::now()),
            withdrawn: AtomicU64::new(0),
        })
    }

    pub fn trust(&self, keys: &JwkSet) {
        for jwk in &keys.keys {
            if let (Some(kid), Ok(key)) = (jwk.common.key_id.clone(), DecodingKey::from_jwk(jwk)) {
                self.keys.insert(kid, key);
            }
        }
    }

    /// A key that auth did not have a moment ago is nobody's.
    pub async fn key(self: &Arc<Self>, kid: &str) -> Result<DecodingKey, TokenError> {
        if let Some(key) = self.known(kid) {
            self.review();
            return Ok(key);
        }
        self.refresh(None).await?;
        self.known(kid).ok_or(TokenError::Invalid)
    }

    /// Asks auth for a key that is not known here, which it may have published since it was last asked.
    pub async fn learn(&self, kid: &str) -> Result<(), TokenError> {
        if self.is_known(kid) { Ok(()) } else { self.refresh(Some(Instant::now())).await }
    }

    pub fn is_known(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// Rises whenever a key is withdrawn.
    pub fn epoch(self: &Arc<Self>) -> u64 {
        self.review();
        self.withdrawn.load(Ordering::Acquire)
    }

    /// Succeeds when there are keys.
    pub async fn ready(&self) -> Result<(), TokenError> {
        if self.keys.is_empty() { self.refresh(None).await } else { Ok(()) }
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
            if let Err(error) = keys.refresh(None).await {
                tracing::warn!(%error, "the keys of auth are some minutes old");
            }
        });
    }

    /// Has the keys as they were at `since` or later; where that does not matter, as they were a moment ago.
    async fn refresh(&self, since: Option<Instant>) -> Result<(), TokenError> {
        let mut last = self.last_refresh.lock().await;
        if let Some(last) = last.as_ref().filter(|_| !self.keys.is_empty()) {
            let pause = REFRESH_INTERVAL.saturating_sub(last.ended.elapsed());
            let is_new_enough = since.map_or(!pause.is_zero(), |since| last.began >= since);
            if last.succeeded && is_new_enough {
                return Ok(());
            }
            // Whoever has waited while auth was away must not wait as long again, one after the other.
            if !last.succeeded && !pause.is_zero() {
                return Err(TokenError::KeysUnavailable(anyhow!("auth did not answer a moment ago")));
            }
            tokio::time::sleep(pause).await;
        }
        let began = Instant::now();
        let fetched = self.fetch().await;
        *last = Some(Refresh { began, ended: Instant::now(), succeeded: fetched.is_ok() });
        self.replace(&fetched.map_err(TokenError::KeysUnavailable)?);
        Ok(())
    }

    fn replace(&self, keys: &JwkSet) {
        let known: Vec<&str> = keys.keys.iter().filter_map(|jwk| jwk.common.key_id.as_deref()).collect();
        let before = self.keys.len();
        self.keys.retain(|kid, _| known.contains(&kid.as_str()));
        if self.keys.len() < before {
            self.withdrawn.fetch_add(1, Ordering::Release);
        }
        self.trust(keys);
    }

    async fn fetch(&self) -> anyhow::Result<JwkSet> {
        let url = format!("{}/.well-known/jwks.json", self.directory.url("auth"));
        Ok(self.http.get(url).send().await?.error_for_status()?.json().await?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::future::join_all;
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn key_set(auth: &str) -> Arc<KeySet> {
        let urls = BTreeMap::from([("auth".to_owned(), auth.to_owned())]);
        Arc::new(KeySet::new(Directory::new(urls)).unwrap())
    }

    /// Keys of these names; all are that of RFC 8037, appendix A.2.
    fn jwks(kids: &[&str]) -> JwkSet {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = |kid: &&str| json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": kid, "x": x});
        serde_json::from_value(json!({"keys": kids.iter().map(key).collect::<Vec<_>>()})).unwrap()
    }

    /// Whoever invents names of keys must not make everybody queue for an auth that is down.
    #[tokio::test]
    async fn invented_kids_wait_for_one_question_together() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keys = key_set(&format!("http://{}", listener.local_addr().unwrap()));
        keys.trust(&jwks(&["known"]));
        let asking = join_all((0..20).map(|kid| {
            let keys = keys.clone();
            async move { matches!(keys.key(&kid.to_string()).await, Err(TokenError::KeysUnavailable(_))) }
        }));
        let mut asked = 0;
        let auth = async {
            while let Ok((connection, _)) = listener.accept().await {
                asked += 1;
                drop(connection);
            }
        };
        tokio::select! {
            told = asking => assert!(told.into_iter().all(|unavailable| unavailable), "nobody is taken for a forger"),
            () = auth => {}
        }
        assert_eq!(asked, 1);
        assert!(keys.key("known").await.is_ok());
    }

    /// Publishes one key more whenever it is asked.
    async fn publish_ever_more(listener: TcpListener) {
        let kids = ["first", "second", "third"];
        for published in 1..=kids.len() {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _request = connection.read(&mut [0; 1_024]).await.unwrap();
            let body = serde_json::to_string(&jwks(&kids[..published])).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            connection.write_all((head + &body).as_bytes()).await.unwrap();
        }
    }

    /// Keys may rotate twice within a moment, and the token that comes then is right.
    #[tokio::test]
    async fn a_key_that_is_published_right_after_auth_was_asked_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keys = key_set(&format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(publish_ever_more(listener));
        for kid in ["first", "second", "third"] {
            keys.learn(kid).await.unwrap();
            assert!(keys.key(kid).await.is_ok(), "{kid}");
        }
    }

    #[tokio::test]
    async fn a_withdrawn_key_begins_a_new_epoch_and_a_new_one_does_not() {
        let keys = key_set("http://127.0.0.1:1");
        keys.trust(&jwks(&["old", "active"]));
        let first = keys.epoch();
        keys.replace(&jwks(&["old", "active", "next"]));
        assert_eq!(keys.epoch(), first);
        keys.replace(&jwks(&["active", "next"]));
        assert_ne!(keys.epoch(), first);
        assert!(keys.known("old").is_none() && keys.known("active").is_some());
    }
}
