//! Secrets that clients hold, and the keys derived from the server's one secret.
//!
//! A client's secret has 256 random bits, is shown once and kept as its SHA-256 only: nothing shorter than guessing
//! it finds it, so no slow hash is needed.

use aws_lc_rs::{
    digest,
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::SessionId;
use secrecy::{ExposeSecret, SecretString};
use service_kit::Source;

/// What a secret is for; its prefix lets people and scanners recognise it where it should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    RefreshToken,
    /// In a mailed link.
    OneTimeToken,
    ApiKey,
}

impl SecretKind {
    pub fn prefix(self) -> &'static str {
        match self {
            Self::RefreshToken => "rtr_",
            Self::OneTimeToken => "rto_",
            Self::ApiKey => "rtk_",
        }
    }

    fn encode(self, bytes: &[u8]) -> SecretString {
        format!("{}{}", self.prefix(), BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// A fresh secret.
    pub fn generate(self) -> SecretString {
        self.encode(&rand::random::<[u8; 32]>())
    }
}

/// What is kept of a secret.
pub fn hash(secret: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// `ROOMTONE_AUTH_KEY_ENCRYPTION_KEY`. Each use has a key of its own, derived by HMAC under the name of the use.
pub struct ServerKey(hmac::Key);

impl ServerKey {
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        Ok(Self::new(&source.secret("auth_key_encryption_key")?))
    }

    pub fn new(secret: &SecretString) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, secret.expose_secret().as_bytes()))
    }

    /// 256 bits for the use `name`.
    pub fn derive(&self, name: &str) -> hmac::Tag {
        hmac::sign(&self.0, name.as_bytes())
    }

    pub fn refresh_key(&self) -> RefreshKey {
        RefreshKey(hmac::Key::new(HMAC_SHA256, self.derive("refresh tokens").as_ref()))
    }

    pub fn email_key(&self) -> EmailKey {
        EmailKey(hmac::Key::new(HMAC_SHA256, self.derive("login failures").as_ref()))
    }
}

/// Makes refresh tokens out of the ones before them.
pub struct RefreshKey(hmac::Key);

impl RefreshKey {
    /// The successor of `presented` with the given generation: always the same one, so that a second tab, or a client
    /// whose answer was lost, is given what the first was given without its being kept anywhere.
    pub fn successor(&self, presented: &str, family: SessionId, generation: i64) -> SecretString {
        let mut mac = hmac::Context::with_key(&self.0);
        // Fixed lengths first: no two inputs read alike.
        mac.update(family.uuid().as_bytes());
        mac.update(&generation.to_be_bytes());
        mac.update(presented.as_bytes());
        SecretKind::RefreshToken.encode(mac.sign().as_ref())
    }
}

/// Names an address without telling it.
pub struct EmailKey(hmac::Key);

impl EmailKey {
    pub fn name(&self, lower_case_email: &str) -> Vec<u8> {
        hmac::sign(&self.0, lower_case_email.as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RefreshKey {
        ServerKey::new(&"a secret of the server".into()).refresh_key()
    }

    #[test]
    fn a_successor_depends_on_token_family_and_generation_and_on_nothing_else() {
        let family = SessionId::new();
        let successor = |token: &str, family, generation| key().successor(token, family, generation);
        let first = successor("rtr_a", family, 2);
        assert_eq!(first.expose_secret(), successor("rtr_a", family, 2).expose_secret());
        for other in
            [successor("rtr_b", family, 2), successor("rtr_a", SessionId::new(), 2), successor("rtr_a", family, 3)]
        {
            assert_ne!(first.expose_secret(), other.expose_secret());
        }
    }

    #[test]
    fn secrets_are_long_and_say_what_they_are() {
        let secret = SecretKind::OneTimeToken.generate();
        assert!(secret.expose_secret().starts_with("rto_") && secret.expose_secret().len() == 47);
        assert_ne!(secret.expose_secret(), SecretKind::OneTimeToken.generate().expose_secret());
    }
}
