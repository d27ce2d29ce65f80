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

/// The time over which a company's mails are counted.
pub const LIMIT_WINDOW: SignedDuration = SignedDuration::from_hours(24);

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
