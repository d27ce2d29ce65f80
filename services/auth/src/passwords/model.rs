//! Passwords as values: checked when a request is read, never printed.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// NIST SP 800-63B asks for length, not for composition.
const MIN_CHARS: usize = 12;

/// A longer one is not safer, and hashing it is work for nothing.
const MAX_CHARS: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has 12 to 128 characters")]
pub struct PasswordLength;

/// A password somebody chooses: 12 to 128 characters.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct NewPassword(SecretString);

impl NewPassword {
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl TryFrom<String> for NewPassword {
    type Error = PasswordLength;

    fn try_from(text: String) -> Result<Self, PasswordLength> {
        let accepted = (MIN_CHARS..=MAX_CHARS).contains(&text.chars().count());
        if accepted { Ok(Self(text.into())) } else { Err(PasswordLength) }
    }
}

/// A password somebody claims to know. A short one is simply wrong; a longer one than any is refused unhashed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PresentedPassword(SecretString);

impl PresentedPassword {
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl TryFrom<String> for PresentedPassword {
    type Error = PasswordLength;

    fn try_from(text: String) -> Result<Self, PasswordLength> {
        if text.chars().count() <= MAX_CHARS { Ok(Self(text.into())) } else { Err(PasswordLength) }
    }
}

/// An argon2id hash as a PHC string.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    pub fn new(phc: String) -> Self {
        Self(phc.into())
    }

    pub fn as_str(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        for (text, good) in
            [("a".repeat(11), false), ("ä".repeat(12), true), ("🎸".repeat(128), true), ("a".repeat(129), false)]
        {
            assert_eq!(NewPassword::try_from(text.clone()).is_ok(), good, "{text}");
        }
        assert!(PresentedPassword::try_from(String::new()).is_ok());
        assert!(PresentedPassword::try_from("a".repeat(129)).is_err());
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = NewPassword::try_from("correct horse battery".to_owned()).unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
