//! The active key in memory. Another process may rotate at any time: a key that is retiring still verifies for an
//! hour, and the keyring is reloaded far more often than that.

use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::JwkSet};
use serde::Serialize;
use service_kit::identity::TokenType;
use store::Db;

use super::{KeyError, PublicKey, Sealer, commands, store as keys};

/// Signs with the active key, and lists all public ones.
pub struct Keyring {
    db: Db,
    sealer: Sealer,
    active: RwLock<Option<Arc<Signer>>>,
}

impl Keyring {
    pub fn new(db: Db, sealer: Sealer) -> Self {
        Self { db, sealer, active: RwLock::new(None) }
    }

    /// Reads the active key, and makes the first ones where there are none.
    pub async fn load(&self, now: Timestamp) -> Result<(), KeyError> {
        let mut active = self.find_active().await?;
        if active.is_none() {
            commands::create_first_keys(&self.db, &self.sealer, now).await?;
            active = self.find_active().await?;
        }
        let active = active.ok_or(KeyError::Unusable)?;
        if let Ok(mut current) = self.active.write() {
            *current = Some(active);
        }
        Ok(())
    }

    /// The key to sign with; loaded on first use when the database was away at start-up.
    pub async fn signer(&self, now: Timestamp) -> Result<Arc<Signer>, KeyError> {
        if let Some(signer) = self.current() {
            return Ok(signer);
        }
        self.load(now).await?;
        self.current().ok_or(KeyError::Unusable)
    }

    /// Every key a token may be signed with, straight from the database.
    pub async fn published(&self) -> Result<Vec<PublicKey>, KeyError> {
        let mut conn = self.db.conn().await?;
        Ok(keys::list_published(&mut conn).await?)
    }

    pub async fn jwks(&self) -> Result<JwkSet, KeyError> {
        Ok(JwkSet { keys: self.published().await?.iter().map(PublicKey::jwk).collect() })
    }

    fn current(&self) -> Option<Arc<Signer>> {
        self.active.read().ok().and_then(|active| active.clone())
    }

    async fn find_active(&self) -> Result<Option<Arc<Signer>>, KeyError> {
        let mut conn = self.db.conn().await?;
        let Some(key) = keys::find_active(&mut conn).await? else { return Ok(None) };
        let private = self.sealer.open(&key.kid, &key.sealed)?;
        Ok(Some(Arc::new(Signer { kid: key.kid, key: EncodingKey::from_ed_der(&private) })))
    }
}

/// An opened signing key.
pub struct Signer {
    kid: String,
    key: EncodingKey,
}

impl Signer {
    /// A token of the given kind.
    pub fn sign<C: Serialize>(&self, kind: TokenType, claims: &C) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(kind.header().to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyError::Unusable)
    }
}
