//! What a key is, and when it works.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::{ApiKeyId, CompanyId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use service_kit::identity::tables;

use crate::{secrets::SecretKind, users::is_control};

const MAX_NAME_CHARS: usize = 100;

/// So much of a secret is kept and shown, for people to recognise it: 8 of its 43 random characters.
const PREFIX_LEN: usize = 12;

/// A person or a company has so many usable keys at most.
pub const MAX_KEYS: i64 = 50;

/// For whom a key acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    User(UserId),
    Company(CompanyId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub owner: KeyOwner,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<String>,
    pub created_by: UserId,
    pub version: i64,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Ends at the very instant of its expiry. What is wrong with it is for the trail; nobody outside is told.
    pub fn ensure_usable(&self, now: Timestamp) -> Result<(), &'static str> {
        if self.revoked_at.is_some() {
            Err("revoked")
        } else if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            Err("expired")
        } else {
            Ok(())
        }
    }
}

/// A key as it is asked for.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: KeyName,
    pub scopes: Scopes,
    pub expires_at: Option<Timestamp>,
}

/// What is shown of a secret.
pub fn prefix_of(secret: &SecretString) -> String {
    secret.expose_secret().chars().take(PREFIX_LEN).collect()
}

/// False for what no key can be, so that it need not be looked for.
pub fn looks_like_a_key(text: &str) -> bool {
    text.len() == 47 && text.starts_with(SecretKind::ApiKey.prefix())
}

/// Why a request for a key is refused; the text is for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("a key's name has 1 to 100 characters, none of them a control character")]
    Name,
    #[error("a key has at least one scope")]
    NoScope,
    #[error("there is no scope `{0}`")]
    UnknownScope(String),
}

/// What people call a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyName(String);

impl KeyName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyName {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        let text = text.trim();
        let accepted = (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(is_control);
        if accepted { Ok(Self(text.to_owned())) } else { Err(InvalidKey::Name) }
    }
}

/// Scopes of the table, each once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// As the database keeps them.
    pub fn joined(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = InvalidKey;

    fn try_from(names: Vec<String>) -> Result<Self, InvalidKey> {
        if names.is_empty() {
            return Err(InvalidKey::NoScope);
        }
        match names.iter().find(|name| !tables::scopes().iter().any(|row| row.name == name.as_str())) {
            Some(unknown) => Err(InvalidKey::UnknownScope(unknown.clone())),
            None => Ok(Self(names.into_iter().collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey {
            id: ApiKeyId::new(),
            owner: KeyOwner::User(UserId::new()),
            name: "till".into(),
            prefix: "rtk_abcdefgh".into(),
            scopes: vec!["bookings:read".into()],
            created_by: UserId::new(),
            version: 1,
            created_at: "2027-03-01T09:00:00Z".parse().unwrap(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_key_works_until_it_is_revoked_or_over() {
        let now: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(key().ensure_usable(now), Ok(()));
        let expiring = ApiKey { expires_at: Some(now), ..key() };
        assert_eq!(expiring.ensure_usable(now), Err("expired"));
        assert_eq!(expiring.ensure_usable(now - jiff::SignedDuration::from_micros(1)), Ok(()));
        assert_eq!(ApiKey { revoked_at: Some(now), ..expiring }.ensure_usable(now), Err("revoked"));
    }

    #[test]
    fn only_scopes_of_the_table_are_granted() {
        let scopes = |names: &[&str]| Scopes::try_from(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            scopes(&["studios:read", "bookings:read", "studios:read"]).unwrap().joined(),
            "bookings:read studios:read"
        );
        assert_eq!(scopes(&[]), Err(InvalidKey::NoScope));
        for unknown in ["*", "bookings", "bookings:read studios:write", "BOOKINGS:READ", ""] {
            assert_eq!(scopes(&[unknown]), Err(InvalidKey::UnknownScope(unknown.to_owned())));
        }
    }

    #[test]
    fn a_secret_is_recognised_by_its_beginning() {
        let secret = SecretKind::ApiKey.generate();
        assert!(looks_like_a_key(secret.expose_secret()));
        assert_eq!(prefix_of(&secret), secret.expose_secret()[..12]);
        for other in ["", "rtk_", "rtr_0123456789012345678901234567890123456789012", "eyJhbGciOi"] {
            assert!(!looks_like_a_key(other));
        }
    }
}
