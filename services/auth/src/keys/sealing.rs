//! Secrets at rest: AES-256-GCM with a random nonce, bound to a name (of a signing key, its `kid`).

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use service_kit::Source;

use super::KeyError;
use crate::secrets::ServerKey;

/// Seals and opens secrets of one use.
pub struct Sealer(RandomizedNonceKey);

impl Sealer {
    /// With `ROOMTONE_AUTH_KEY_ENCRYPTION_KEY`.
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        Ok(Self::new(&ServerKey::from_source(source)?)?)
    }

    pub(crate) fn new(server_key: &ServerKey) -> Result<Self, KeyError> {
        Self::for_use(server_key, "signing keys at rest")
    }

    /// With a key of its own: what was sealed for one use does not open for another.
    pub(crate) fn for_use(server_key: &ServerKey, name: &str) -> Result<Self, KeyError> {
        let key = server_key.derive(name);
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).map(Self).map_err(|_| KeyError::Unusable)
    }

    /// Nonce, then ciphertext and tag.
    pub fn seal(&self, kid: &str, private: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut ciphertext = private.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(kid), &mut ciphertext).map_err(|_| KeyError::Unusable)?;
        Ok([nonce.as_ref().as_slice(), &ciphertext].concat())
    }

    pub fn open(&self, kid: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(KeyError::Sealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Sealed)?;
        let mut opened = ciphertext.to_vec();
        let private = self.0.open_in_place(nonce, Aad::from(kid), &mut opened).map_err(|_| KeyError::Sealed)?;
        Ok(private.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(secret: &str) -> Sealer {
        Sealer::new(&ServerKey::new(&secret.into())).unwrap()
    }

    #[test]
    fn a_sealed_key_opens_with_its_secret_under_its_name_and_untouched_only() {
        let sealed = sealer("a").seal("kid", b"private").unwrap();
        assert_eq!(sealer("a").open("kid", &sealed).unwrap(), b"private");
        assert!(sealer("b").open("kid", &sealed).is_err());
        assert!(sealer("a").open("other", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[index] ^= 1;
            assert!(sealer("a").open("kid", &touched).is_err());
        }
        assert!(sealer("a").open("kid", b"short").is_err());
    }
}
