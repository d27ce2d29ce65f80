//! A signed-in device.

use std::cmp::min;

use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, UserId};
use serde::{Deserialize, Serialize};

/// A device that is not used for so long has to sign in again,
const IDLE_LIMIT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// and every device from time to time.
const AGE_LIMIT: SignedDuration = SignedDuration::from_hours(180 * 24);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    Logout,
    /// From another device.
    Revoked,
    TokenReused,
    PasswordReset,
    /// From another device, together with the password.
    PasswordChanged,
    AccountErased,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::TokenReused => "token_reused",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::AccountErased => "account_erased",
        }
    }
}

/// How the session's owner proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// By following a link that was mailed to them.
    EmailLink,
    Password,
    /// A password, and a code of their device or a recovery code.
    PasswordAndCode,
    /// A passkey whose device has verified its owner: something they have, and something they know or are.
    Passkey,
}

impl Authentication {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailLink => "email_link",
            Self::Password => "password",
            Self::PasswordAndCode => "password_and_code",
            Self::Passkey => "passkey",
        }
    }

    pub fn is_multi_factor(self) -> bool {
        matches!(self, Self::PasswordAndCode | Self::Passkey)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub generation: i64,
    pub version: i64,
    pub user_agent: String,
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended: Option<EndReason>,
    pub authentication: Authentication,
}

impl Session {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }
}

/// When a session of this age ends unless it is used again.
pub fn expiry(created_at: Timestamp, now: Timestamp) -> Timestamp {
    min(now + IDLE_LIMIT, created_at + AGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_prolongs_a_session_up_to_its_greatest_age() {
        let start: Timestamp = "2027-03-01T09:00:00Z".parse().unwrap();
        let days = |days: i64| start + SignedDuration::from_hours(24 * days);
        assert_eq!(expiry(start, start), days(30));
        assert_eq!(expiry(start, days(20)), days(50));
        assert_eq!(expiry(start, days(170)), days(180));
    }
}
