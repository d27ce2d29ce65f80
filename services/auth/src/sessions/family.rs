//! What becomes of a presented refresh token.
//!
//! A token is *fresh* until it is first presented. Then it has a successor, and for a grace window presenting it again
//! gives the same successor, as long as that one is fresh itself.

use jiff::{SignedDuration, Timestamp};

use super::EndReason;

/// Long enough for two tabs and for a repeated request, short enough to be of no use to a thief.
pub const GRACE: SignedDuration = SignedDuration::from_secs(20);

/// A family as it is when a token of it is presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Of its newest token, the only fresh one.
    pub generation: i64,
    pub expires_at: Timestamp,
    pub ended: Option<EndReason>,
}

/// A token of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    pub generation: i64,
    /// When it was first presented.
    pub used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Exchange it: its successor is the newest token now.
    Rotate,
    /// Give the successor once more.
    Repeat,
    /// Its successor was used already, a moment ago: refuse, and leave the family alone.
    Superseded,
    /// Somebody has an old copy: end the family.
    Reused,
    /// The family has ended this way before.
    EndedByReuse,
    /// The family is over.
    Over,
}

pub fn decide(family: &Family, token: Presented, now: Timestamp) -> Decision {
    match (family.ended, token.used_at) {
        (Some(EndReason::TokenReused), _) => Decision::EndedByReuse,
        (Some(_), _) => Decision::Over,
        (None, _) if family.expires_at <= now => Decision::Over,
        (None, None) => Decision::Rotate,
        (None, Some(used_at)) if now >= used_at + GRACE => Decision::Reused,
        (None, Some(_)) if token.generation + 1 == family.generation => Decision::Repeat,
        (None, Some(_)) => Decision::Superseded,
    }
}

#[cfg(test)]
mod tests;
