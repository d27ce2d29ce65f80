//! What an invitation is, and when it may be accepted.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, InvitationId, UserId};
use serde::{Deserialize, Serialize};
use service_kit::identity::CompanyRole;
use utoipa::ToSchema;

use super::InvitationError;
use crate::users::Email;

/// How long an invitation can be accepted; sending it again starts anew.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The time over which mails are counted.
pub const LIMIT_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// How many mails may be ordered in a day. Somebody may own many companies, and many companies may invite one address:
/// neither is a way to fill a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    pub of_company: i64,
    pub of_inviter: i64,
    pub to_mailbox: i64,
}

/// What was ordered in the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailsOrdered {
    pub of_company: i64,
    pub of_inviter: i64,
    pub to_mailbox: i64,
}

impl MailLimits {
    /// Nobody is told which limit it was: what others send to a mailbox is not the inviter's to know.
    pub fn admit(&self, ordered: MailsOrdered) -> Result<(), InvitationError> {
        let below = ordered.of_company < self.of_company
            && ordered.of_inviter < self.of_inviter
            && ordered.to_mailbox < self.to_mailbox;
        if below { Ok(()) } else { Err(InvitationError::TooMany) }
    }
}

/// As others see it. `expired` is no state of its own in the table: an open invitation is over at its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    Open,
    Accepted,
    Withdrawn,
    Expired,
}

#[derive(Debug, Clone)]
pub struct Invitation {
    pub id: InvitationId,
    pub company_id: CompanyId,
    pub email: Email,
    pub role: CompanyRole,
    pub state: InvitationState,
    pub invited_by: UserId,
    pub mailed_at: Timestamp,
    pub version: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Invitation {
    pub fn state_at(&self, now: Timestamp) -> InvitationState {
        match self.state {
            InvitationState::Open if self.expires_at <= now => InvitationState::Expired,
            state => state,
        }
    }

    pub fn ensure_acceptable(&self, now: Timestamp) -> Result<(), InvitationError> {
        match self.state_at(now) {
            InvitationState::Open => Ok(()),
            InvitationState::Accepted => Err(InvitationError::Accepted),
            InvitationState::Withdrawn => Err(InvitationError::Withdrawn),
            InvitationState::Expired => Err(InvitationError::Expired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_holds_by_itself() {
        let limits = MailLimits { of_company: 3, of_inviter: 2, to_mailbox: 1 };
        for (of_company, of_inviter, to_mailbox, admitted) in
            [(2, 1, 0, true), (3, 0, 0, false), (0, 2, 0, false), (0, 0, 1, false)]
        {
            let ordered = MailsOrdered { of_company, of_inviter, to_mailbox };
            assert_eq!(limits.admit(ordered).is_ok(), admitted, "{ordered:?}");
        }
    }

    #[test]
    fn an_invitation_is_acceptable_until_it_is_accepted_withdrawn_or_over() {
        let expires_at: Timestamp = "2027-03-08T12:00:00Z".parse().unwrap();
        let invitation = |state| Invitation {
            id: InvitationId::new(),
            company_id: CompanyId::new(),
            email: Email::try_from("ada@example.com".to_owned()).unwrap(),
            role: CompanyRole::Staff,
            state,
            invited_by: UserId::new(),
            mailed_at: expires_at - LIFETIME,
            version: 1,
            created_at: expires_at - LIFETIME,
            expires_at,
        };
        let before = expires_at - SignedDuration::from_micros(1);
        assert!(invitation(InvitationState::Open).ensure_acceptable(before).is_ok());
        assert!(matches!(
            invitation(InvitationState::Open).ensure_acceptable(expires_at),
            Err(InvitationError::Expired)
        ));
        for (state, at) in [(InvitationState::Accepted, before), (InvitationState::Withdrawn, expires_at)] {
            assert_eq!(invitation(state).state_at(at), state);
            assert!(invitation(state).ensure_acceptable(at).is_err());
        }
    }
}
