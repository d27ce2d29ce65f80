//! What somebody wants posted; pure.

use jiff::Timestamp;
use kernel::{Currency, TransferId, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Leg, Phase, TransferKind, leg};

/// Why something cannot be a transfer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("a transfer has two legs or more")]
    TooFewLegs,
    #[error("a transfer has {} legs at most", leg::MAX_LEGS)]
    TooManyLegs,
    #[error("a leg moves something")]
    EmptyLeg,
    #[error("the legs in {0} do not sum to zero")]
    Unbalanced(Currency),
    #[error("the amount is too large")]
    Overflow,
}

/// What a transfer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Post(Vec<Leg>),
    /// Keeps the legs pending, so that what they take is not there for others, until a later transfer captures, voids or
    /// expires it.
    Hold {
        legs: Vec<Leg>,
        /// From this instant on it cannot be captured any more.
        expires_at: Option<Timestamp>,
    },
    /// Posts a hold: all of it (`None`), or on each account some of what it holds there. The rest is let go.
    Capture {
        hold_id: TransferId,
        legs: Option<Vec<Leg>>,
    },
    Void(TransferId),
    /// Only once the hold's time is over.
    Expire(TransferId),
}

impl Action {
    /// The hold that this closes.
    pub fn closes(&self) -> Option<TransferId> {
        match self {
            Self::Post(_) | Self::Hold { .. } => None,
            Self::Capture { hold_id, .. } | Self::Void(hold_id) | Self::Expire(hold_id) => Some(*hold_id),
        }
    }

    pub fn phase(&self) -> Phase {
        match self {
            Self::Post(_) => Phase::Posted,
            Self::Hold { .. } => Phase::Held,
            Self::Capture { .. } => Phase::Captured,
            Self::Void(_) => Phase::Voided,
            Self::Expire(_) => Phase::Expired,
        }
    }

    /// The legs it names itself; a capture of everything finds them in its hold.
    pub fn legs(&self) -> &[Leg] {
        match self {
            Self::Post(legs) | Self::Hold { legs, .. } | Self::Capture { legs: Some(legs), .. } => legs,
            Self::Capture { legs: None, .. } | Self::Void(_) | Self::Expire(_) => &[],
        }
    }
}

/// What happens to a transfer whose effective instant lies in a closed period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lateness {
    /// It takes effect as soon as the open period begins: what has happened has happened, however late it is heard.
    #[default]
    MovesOn,
    Refused,
}

/// A transfer that is complete and balanced, and not posted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferDraft {
    id: TransferId,
    kind: TransferKind,
    source: String,
    source_event: Option<Uuid>,
    effective_at: Timestamp,
    lateness: Lateness,
    reverses: Option<TransferId>,
    person: Option<(UserId, String)>,
    action: Action,
    fingerprint: [u8; 32],
}

impl TransferDraft {
    /// `source` names what the transfer is about, as a TypeID. Fails unless there are two legs or more, each moves
    /// something, and they sum to zero per currency.
    pub fn new(
        id: TransferId,
        kind: TransferKind,
        source: impl Into<String>,
        effective_at: Timestamp,
        legs: Vec<Leg>,
    ) -> Result<Self, DraftError> {
        Self::of(id, kind, source, effective_at, Action::Post(legs))
    }

    /// A transfer of any action.
    pub fn of(
        id: TransferId,
        kind: TransferKind,
        source: impl Into<String>,
        effective_at: Timestamp,
        action: Action,
    ) -> Result<Self, DraftError> {
        match &action {
            Action::Post(legs) | Action::Hold { legs, .. } | Action::Capture { legs: Some(legs), .. } => {
                leg::check(legs)?;
            }
            Action::Capture { legs: None, .. } | Action::Void(_) | Action::Expire(_) => {}
        }
        let mut draft = Self {
            id,
            kind,
            source: source.into(),
            source_event: None,
            effective_at,
            lateness: Lateness::default(),
            reverses: None,
            person: None,
            action,
            fingerprint: [0; 32],
        };
        draft.fingerprint = draft.digest();
        Ok(draft)
    }

    /// Names the event that caused it. Not part of the content: the same fact may be told again by another event.
    #[must_use]
    pub fn caused_by(mut self, event_id: Uuid) -> Self {
        self.source_event = Some(event_id);
        self
    }

    /// Names the transfer that this one takes back.
    #[must_use]
    pub fn reversing(mut self, transfer_id: TransferId) -> Self {
        self.reverses = Some(transfer_id);
        self.fingerprint = self.digest();
        self
    }

    /// Names the person who wanted it, and why. Not part of the content.
    #[must_use]
    pub fn by(mut self, person: UserId, reason: impl Into<String>) -> Self {
        self.person = Some((person, reason.into()));
        self
    }

    #[must_use]
    pub fn when_late(mut self, lateness: Lateness) -> Self {
        self.lateness = lateness;
        self
    }

    pub fn id(&self) -> TransferId {
        self.id
    }

    pub fn kind(&self) -> TransferKind {
        self.kind
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn source_event(&self) -> Option<Uuid> {
        self.source_event
    }

    pub fn effective_at(&self) -> Timestamp {
        self.effective_at
    }

    pub fn lateness(&self) -> Lateness {
        self.lateness
    }

    pub fn reverses(&self) -> Option<TransferId> {
        self.reverses
    }

    pub fn person(&self) -> Option<&(UserId, String)> {
        self.person.as_ref()
    }

    pub fn action(&self) -> &Action {
        &self.action
    }

    pub fn legs(&self) -> &[Leg] {
        self.action.legs()
    }

    /// SHA-256 of everything that makes it this transfer and no other, each part with its length or of fixed length.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for text in [self.kind.as_str(), &self.source] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.update(self.effective_at.as_microsecond().to_be_bytes());
        hash.update(self.reverses.map_or(Uuid::nil(), TransferId::uuid));
        for leg in self.legs() {
            hash.update(leg.account.id().uuid());
            hash.update(leg.amount.to_be_bytes());
        }
        // A plain transfer ends here, on a multiple of the size of a leg; what follows is of another length.
        if let Action::Hold { expires_at, .. } = &self.action {
            hash.update([1]);
            hash.update(expires_at.map_or(i64::MAX, Timestamp::as_microsecond).to_be_bytes());
        }
        if let Some(hold_id) = self.action.closes() {
            hash.update([2]);
            hash.update(self.action.phase().as_str());
            hash.update(hold_id.uuid());
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests;
