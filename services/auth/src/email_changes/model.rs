//! Who has confirmed, and what that makes of the change.

use kernel::OneTimeTokenId;

use crate::users::Email;

/// One of the two mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Current,
    New,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    pub new_email: Email,
    pub current_token_id: OneTimeTokenId,
    pub new_token_id: OneTimeTokenId,
    pub current_confirmed: bool,
    pub new_confirmed: bool,
}

impl EmailChange {
    pub fn token_of(&self, side: Side) -> OneTimeTokenId {
        match side {
            Side::Current => self.current_token_id,
            Side::New => self.new_token_id,
        }
    }

    /// True when this confirmation is the second one.
    pub fn is_completed_by(&self, side: Side) -> bool {
        match side {
            Side::Current => self.new_confirmed,
            Side::New => self.current_confirmed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_alone_never_completes_a_change() {
        let change = |current_confirmed, new_confirmed| EmailChange {
            new_email: Email::try_from("new@example.com".to_owned()).unwrap(),
            current_token_id: OneTimeTokenId::new(),
            new_token_id: OneTimeTokenId::new(),
            current_confirmed,
            new_confirmed,
        };
        assert!(!change(false, false).is_completed_by(Side::Current));
        assert!(!change(false, false).is_completed_by(Side::New));
        assert!(!change(true, false).is_completed_by(Side::Current));
        assert!(!change(false, true).is_completed_by(Side::New));
        assert!(change(false, true).is_completed_by(Side::Current));
        assert!(change(true, false).is_completed_by(Side::New));
    }
}
