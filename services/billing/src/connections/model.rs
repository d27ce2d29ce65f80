//! A connection, and when its tokens are exchanged.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, UserId};
use providers::SealedToken;

use crate::stored::text_enum;

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ConnectionState {
        Connected = "connected",
        /// The provider takes our token no more: somebody of the company has to connect again.
        Reconnect = "reconnect",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub company_id: CompanyId,
    pub merchant_id: String,
    pub state: ConnectionState,
    pub access_token: SealedToken,
    pub refresh_token: SealedToken,
    pub expires_at: Timestamp,
    pub refresh_at: Option<Timestamp>,
    pub connected_by: UserId,
    pub connected_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Square asks for an exchange once a week or so; it never hurts to have two more weeks for trying again.
const EARLIEST: SignedDuration = SignedDuration::from_hours(7 * 24);
const MARGIN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// When tokens that were issued at `now` and end at `expires_at` are exchanged: two weeks before their end, or halfway
/// where they are that short; a week after their issue at the latest.
pub fn refresh_at(now: Timestamp, expires_at: Timestamp) -> Timestamp {
    let lifetime = expires_at.duration_since(now);
    let before_end = if lifetime > MARGIN + MARGIN { expires_at - MARGIN } else { now + lifetime / 2 };
    before_end.min(now + EARLIEST).max(now)
}

/// Who the tokens of a company are bound to.
pub fn owner(company_id: CompanyId) -> String {
    format!("square:{company_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expires_at: &str, expected: &str) {
        let now: Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(refresh_at(now, expires_at.parse().unwrap()).to_string(), expected);
    }

    #[test]
    fn tokens_are_exchanged_well_before_their_end() {
        check("2027-03-31T00:00:00Z", "2027-03-08T00:00:00Z");
        check("2027-03-03T00:00:00Z", "2027-03-02T00:00:00Z");
        check("2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z");
    }
}
