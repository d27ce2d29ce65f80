//! When a one-time token may be used.

use jiff::{SignedDuration, Timestamp};
use kernel::{OneTimeTokenId, UserId};
use serde::Deserialize;

use super::OneTimeTokenError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
    /// From the address the account has.
    ConfirmCurrentEmail,
    /// From the address it is to have.
    ConfirmNewEmail,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ConfirmCurrentEmail => "confirm_current_email",
            Self::ConfirmNewEmail => "confirm_new_email",
        }
    }

    /// How long a link works, from the moment the mail was ordered.
    pub fn lifetime(self) -> SignedDuration {
        match self {
            Self::VerifyEmail | Self::ConfirmCurrentEmail | Self::ConfirmNewEmail => SignedDuration::from_hours(24),
            // Whoever holds it holds the account.
            Self::ResetPassword => SignedDuration::from_mins(30),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    pub id: OneTimeTokenId,
    pub user_id: UserId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// Another token has done what this one was for.
    pub superseded_at: Option<Timestamp>,
}

impl OneTimeToken {
    /// Ends at the very instant of its expiry.
    pub fn ensure_usable(&self, now: Timestamp) -> Result<(), OneTimeTokenError> {
        if self.used_at.is_some() || self.superseded_at.is_some() {
            Err(OneTimeTokenError::Used)
        } else if self.expires_at <= now {
            Err(OneTimeTokenError::Expired)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_until_it_is_used_superseded_or_over() {
        let expires_at: Timestamp = "2027-03-01T12:00:00Z".parse().unwrap();
        let token = OneTimeToken {
            id: OneTimeTokenId::new(),
            user_id: UserId::new(),
            expires_at,
            used_at: None,
            superseded_at: None,
        };
        let just_before = expires_at - SignedDuration::from_micros(1);
        assert!(token.ensure_usable(just_before).is_ok());
        assert!(matches!(token.ensure_usable(expires_at), Err(OneTimeTokenError::Expired)));
        let used = OneTimeToken { used_at: Some(just_before), ..token.clone() };
        assert!(matches!(used.ensure_usable(just_before), Err(OneTimeTokenError::Used)));
        let superseded = OneTimeToken { superseded_at: Some(just_before), ..token };
        assert!(matches!(superseded.ensure_usable(expires_at), Err(OneTimeTokenError::Used)));
    }
}
