//! API keys: `Authorization: Bearer rtk_…`. A key itself is never kept, only its SHA-256.

use std::sync::Arc;

use jiff::Timestamp;
use service_kit::peers::Client;
use sha2::{Digest, Sha256};

use super::{
    Owner,
    exchange::Exchange,
    standings::{FetchFailed, Standing, Standings},
};

/// What a key begins with; no access token does.
const PREFIX: &str = "rtk_";

/// A key is shorter; what is longer is refused without asking.
const MAX_LEN: usize = 128;

type KeyHash = [u8; 32];

/// What tells that a key has changed: its own id, or for whom it acts.
#[derive(Debug, Clone)]
pub struct KeyOf {
    pub id: Arc<str>,
    pub owner: Owner,
}

/// What auth said of API keys.
pub struct ApiKeys {
    standings: Arc<Standings<KeyHash, KeyOf>>,
    exchange: Exchange,
}

/// True for a token that is meant to be an API key.
pub fn is_api_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

impl ApiKeys {
    pub fn new(exchange: Exchange) -> Self {
        Self { standings: Arc::default(), exchange }
    }

    /// What can be said without asking auth.
    pub fn known(&self, api_key: &str, now: Timestamp) -> Option<Standing> {
        if is_well_formed(api_key) { self.standings.get(hash(api_key), now) } else { Some(Standing::Refused) }
    }

    pub fn has_been_good(&self, api_key: &str) -> bool {
        self.standings.has_been_good(hash(api_key))
    }

    pub async fn ask(&self, api_key: &str, now: Timestamp, client: Client) -> Result<Standing, FetchFailed> {
        let question = self.exchange.clone().api_key(api_key.to_owned(), client);
        self.standings.fetch(hash(api_key), None, now, question).await
    }

    pub fn forget(&self, key_id: &str) {
        self.standings.drop_where(|key| *key.id == *key_id);
    }

    pub fn forget_all_of(&self, owner: Owner) {
        self.standings.drop_where(|key| key.owner == owner);
    }

    pub fn connected(&self) {
        self.standings.connected();
    }

    pub fn disconnected(&self) {
        self.standings.disconnected();
    }
}

fn hash(api_key: &str) -> KeyHash {
    Sha256::digest(api_key).into()
}

fn is_well_formed(api_key: &str) -> bool {
    let secret = api_key.strip_prefix(PREFIX).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    api_key.len() <= MAX_LEN && !secret.is_empty() && secret.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_key_is_not_asked_for() {
        assert!(is_well_formed("rtk_0123456789abcdefXYZ_-"));
        for other in ["rtk_", "rtk_a b", "rtk_ä", "rtk_a.b", "x", &format!("rtk_{}", "a".repeat(200))] {
            assert!(!is_well_formed(other), "{other}");
        }
    }
}
