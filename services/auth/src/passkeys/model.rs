//! A registered credential and its name.

use jiff::{SignedDuration, Timestamp};
use kernel::{PasskeyId, UserId};
use serde::Deserialize;
use webauthn_rs::prelude::Passkey as Credential;

use crate::users::is_control;

/// Between a challenge and its answer; browsers give people no longer.
pub const CEREMONY_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// More devices than one person has, and a bound for the list that is sent with each registration.
pub const MAX_PASSKEYS: usize = 20;

/// Challenges to register that one person may leave open: as many windows as somebody may have tried in.
pub const MAX_OPEN_REGISTRATIONS: i64 = 5;

const MAX_NAME_CHARS: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a passkey's name has 1 to 60 characters, none of them a control character")]
pub struct InvalidPasskeyName;

/// What its owner calls it: "Ada's phone".
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PasskeyName(String);

impl PasskeyName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PasskeyName {
    type Error = InvalidPasskeyName;

    fn try_from(text: String) -> Result<Self, InvalidPasskeyName> {
        let text = text.trim();
        let accepted = (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(is_control);
        if accepted { Ok(Self(text.to_owned())) } else { Err(InvalidPasskeyName) }
    }
}

#[derive(Debug, Clone)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user_id: UserId,
    pub credential: Credential,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_lines() {
        for (text, good) in [("Ada's phone", true), (" x ", true), ("", false), ("  ", false), ("a\nb", false)] {
            assert_eq!(PasskeyName::try_from(text.to_owned()).is_ok(), good, "{text:?}");
        }
        assert!(PasskeyName::try_from("🎸".repeat(60)).is_ok());
        assert!(PasskeyName::try_from("x".repeat(61)).is_err());
    }
}
