//! Provider tokens at rest: envelope encryption with named keys.
//!
//! Every token has a data key of its own (AES-256-GCM), which is stored beside it, encrypted under one of the named
//! keys. Rotation gives every data key a new envelope and leaves the tokens themselves as they are.

use std::collections::BTreeMap;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const KEY_LEN: usize = 32;

/// Why a token cannot be sealed or opened. None of them tells anything about the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the keys of the token vault are not `id:secret[,id:secret]`, the current one first")]
    BadKeys,
    #[error("the token was sealed with the key `{0}`, which is not configured")]
    UnknownKey(String),
    /// Changed, cut, or sealed for another owner.
    #[error("the sealed token cannot be opened")]
    Unreadable,
}

/// A token as it may be stored: `v1.<key id>.<sealed data key>.<sealed token>`, both base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken(String);

impl SealedToken {
    /// From storage; whether it is one is found out when it is opened.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the key it is sealed with.
    pub fn key_id(&self) -> Option<&str> {
        self.parts().ok().map(|(key_id, _, _)| key_id)
    }

    fn parts(&self) -> Result<(&str, Vec<u8>, Vec<u8>), VaultError> {
        let mut parts = self.0.split('.');
        let (version, key_id) = (parts.next(), parts.next());
        let mut bytes = || parts.next().and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        match (version, key_id, bytes(), bytes()) {
            (Some("v1"), Some(key_id), Some(data_key), Some(token)) => Ok((key_id, data_key, token)),
            _ => Err(VaultError::Unreadable),
        }
    }
}

/// Seals and opens tokens. The first key seals; all of them open.
pub struct TokenVault {
    current: String,
    keys: BTreeMap<String, RandomizedNonceKey>,
}

impl TokenVault {
    /// `id:secret` pairs separated by commas, the current one first. A secret may be any text of at least 32 bytes.
    pub fn new(keys: &SecretString) -> Result<Self, VaultError> {
        let mut named = BTreeMap::new();
        let mut current = None;
        for pair in keys.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (id, secret) = pair.split_once(':').ok_or(VaultError::BadKeys)?;
            let id_is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !id_is_plain || secret.len() < KEY_LEN || named.contains_key(id) {
                return Err(VaultError::BadKeys);
            }
            named.insert(id.to_owned(), aead_key(&Sha256::digest(secret))?);
            current.get_or_insert_with(|| id.to_owned());
        }
        Ok(Self { current: current.ok_or(VaultError::BadKeys)?, keys: named })
    }

    /// `owner` is bound into the ciphertext: a token copied to another row does not open there.
    pub fn seal(&self, owner: &str, token: &SecretString) -> Result<SealedToken, VaultError> {
        let mut data_key = [0_u8; KEY_LEN];
        SystemRandom::new().fill(&mut data_key).map_err(|_| VaultError::Unreadable)?;
        let envelope = seal(self.key(&self.current)?, owner, &data_key)?;
        let sealed = seal(&aead_key(&data_key)?, owner, token.expose_secret().as_bytes())?;
        Ok(written(&self.current, &envelope, &sealed))
    }

    pub fn open(&self, owner: &str, sealed: &SealedToken) -> Result<SecretString, VaultError> {
        let (key_id, envelope, token) = sealed.parts()?;
        let data_key = open(self.key(key_id)?, owner, &envelope)?;
        let token = open(&aead_key(&data_key)?, owner, &token)?;
        String::from_utf8(token).map(SecretString::from).map_err(|_| VaultError::Unreadable)
    }

    /// The same token in an envelope of the current key; `None` where it has one already.
    pub fn rewrap(&self, owner: &str, sealed: &SealedToken) -> Result<Option<SealedToken>, VaultError> {
        let (key_id, envelope, token) = sealed.parts()?;
        if key_id == self.current {
            return Ok(None);
        }
        let data_key = open(self.key(key_id)?, owner, &envelope)?;
        let envelope = seal(self.key(&self.current)?, owner, &data_key)?;
        Ok(Some(written(&self.current, &envelope, &token)))
    }

    fn key(&self, id: &str) -> Result<&RandomizedNonceKey, VaultError> {
        self.keys.get(id).ok_or_else(|| VaultError::UnknownKey(id.to_owned()))
    }
}

impl std::fmt::Debug for TokenVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenVault").field("current", &self.current).finish_non_exhaustive()
    }
}

fn written(key_id: &str, envelope: &[u8], token: &[u8]) -> SealedToken {
    let encode = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    SealedToken(format!("v1.{key_id}.{}.{}", encode(envelope), encode(token)))
}

fn aead_key(bytes: &[u8]) -> Result<RandomizedNonceKey, VaultError> {
    RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| VaultError::Unreadable)
}

/// Nonce, then ciphertext and tag.
fn seal(key: &RandomizedNonceKey, owner: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut ciphertext = plain.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(owner), &mut ciphertext).map_err(|_| VaultError::Unreadable)?;
    Ok([nonce.as_ref().as_slice(), &ciphertext].concat())
}

fn open(key: &RandomizedNonceKey, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError::Unreadable)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Unreadable)?;
    let mut opened = ciphertext.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(owner), &mut opened).map_err(|_| VaultError::Unreadable)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "a:an old secret of at least 32 bytes..";
    const NEW: &str = "b:a new secret of at least 32 bytes...";

    fn vault(keys: &str) -> TokenVault {
        TokenVault::new(&keys.into()).unwrap()
    }

    fn token() -> SecretString {
        "EAAA-very-secret".into()
    }

    #[test]
    fn a_token_opens_for_its_owner_with_its_key_and_untouched_only() {
        let vault = vault(OLD);
        let sealed = vault.seal("com_1", &token()).unwrap();
        assert!(!sealed.as_str().contains("secret"));
        assert_eq!(vault.open("com_1", &sealed).unwrap().expose_secret(), "EAAA-very-secret");
        assert_eq!(vault.open("com_2", &sealed).unwrap_err(), VaultError::Unreadable);
        assert_eq!(self::vault(NEW).open("com_1", &sealed).unwrap_err(), VaultError::UnknownKey("a".to_owned()));
        for position in 0..sealed.as_str().len() {
            let mut text = sealed.as_str().as_bytes().to_vec();
            text[position] = if text[position] == b'A' { b'B' } else { b'A' };
            let touched = SealedToken::from_stored(String::from_utf8(text).unwrap());
            assert!(vault.open("com_1", &touched).is_err(), "byte {position}");
        }
    }

    #[test]
    fn rotation_changes_the_envelope_and_not_the_token() {
        let sealed = vault(OLD).seal("com_1", &token()).unwrap();
        let both = vault(&format!("{NEW},{OLD}"));
        let rewrapped = both.rewrap("com_1", &sealed).unwrap().unwrap();
        assert_eq!(rewrapped.key_id(), Some("b"));
        assert_eq!(sealed.as_str().rsplit('.').next(), rewrapped.as_str().rsplit('.').next());
        assert_eq!(both.rewrap("com_1", &rewrapped).unwrap(), None);
        // The old key can go now.
        assert_eq!(vault(NEW).open("com_1", &rewrapped).unwrap().expose_secret(), "EAAA-very-secret");
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        for bad in ["", "a", "a:short", &format!("{OLD},{OLD}"), "ü:a secret of at least thirty-two bytes"] {
            assert_eq!(TokenVault::new(&bad.into()).unwrap_err(), VaultError::BadKeys, "{bad}");
        }
    }
}
