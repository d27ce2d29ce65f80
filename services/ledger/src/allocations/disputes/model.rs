//! What news of a dispute change; pure.

use crate::{
    allocations::{
        AllocationError,
        model::{BookingShare, PaymentPosition},
    },
    transfers::TransferKind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    Open,
    Won,
    Lost,
}

impl DisputeState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// A dispute in the books. Its opening is posted when it is first heard of, in whatever state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    pub amount: i64,
    pub state: DisputeState,
    /// What the provider charges for it, once it is posted.
    pub fee: Option<i64>,
    /// Kept back from the company.
    pub reserved: i64,
}

/// What has to be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Fee(i64),
    Won,
    Lost,
}

impl Dispute {
    /// Takes news in. What was known, or is older than the decision, changes nothing.
    pub fn hear(&mut self, state: DisputeState, amount: i64, fee: Option<i64>) -> Result<Vec<Turn>, AllocationError> {
        use DisputeState::{Lost, Open, Won};
        if amount != self.amount {
            return Err(AllocationError::Contradiction);
        }
        let mut turns = Vec::new();
        match (self.state, state) {
            (Won, Lost) | (Lost, Won) => return Err(AllocationError::Contradiction),
            (Open, Won) => turns.push(Turn::Won),
            (Open, Lost) => turns.push(Turn::Lost),
            (_, Open) | (Won, Won) | (Lost, Lost) => {}
        }
        if self.state == Open {
            self.state = state;
        }
        if let (None, Some(fee)) = (self.fee, fee.filter(|fee| *fee > 0)) {
            self.fee = Some(fee);
            turns.push(Turn::Fee(fee));
        }
        Ok(turns)
    }

    /// Keeps back what the company may lose of what it could have paid out, and lets go the rest. `None` where nothing
    /// changes.
    pub fn reserve(
        &mut self,
        booking: &BookingShare,
        payment: &PaymentPosition,
    ) -> Result<Option<(TransferKind, i64)>, AllocationError> {
        let at_stake = self.state == DisputeState::Open && booking.completed;
        let wanted = if at_stake { payment.at_stake(self.amount, booking.currency)?.company.max(0) } else { 0 };
        let before = std::mem::replace(&mut self.reserved, wanted);
        // Neither is below zero.
        Ok(match wanted - before {
            0 => None,
            more if more > 0 => Some((TransferKind::ReserveKept, more)),
            less => Some((TransferKind::ReserveReleased, -less)),
        })
    }
}

#[cfg(test)]
mod tests {
    use DisputeState::{Lost, Open, Won};

    use super::*;

    const OPENED: Dispute = Dispute { amount: 500, state: Open, fee: None, reserved: 0 };

    fn heard(news: &[(DisputeState, Option<i64>)]) -> (Dispute, Vec<Turn>) {
        let mut dispute = OPENED;
        let turns = news.iter().flat_map(|(state, fee)| dispute.hear(*state, 500, *fee).unwrap()).collect();
        (dispute, turns)
    }

    #[test]
    fn news_count_once_in_any_order() {
        for news in [
            vec![(Open, None), (Open, Some(20)), (Lost, Some(20))],
            vec![(Lost, Some(20)), (Open, None), (Lost, Some(20))],
            vec![(Lost, None), (Lost, None), (Open, Some(20))],
        ] {
            let (dispute, mut turns) = heard(&news);
            turns.sort_by_key(|turn| matches!(turn, Turn::Fee(_)));
            assert_eq!(turns, [Turn::Lost, Turn::Fee(20)], "{news:?}");
            assert_eq!((dispute.state, dispute.fee), (Lost, Some(20)));
        }
        assert_eq!(heard(&[(Open, Some(0)), (Won, Some(-1)), (Open, None)]).1, [Turn::Won]);
    }

    #[test]
    fn what_contradicts_is_refused_and_changes_nothing() {
        for (state, other) in [(Won, Lost), (Lost, Won)] {
            let (mut dispute, _) = heard(&[(state, None)]);
            let before = dispute.clone();
            assert!(dispute.hear(other, 500, Some(20)).is_err());
            assert!(dispute.hear(state, 501, Some(20)).is_err());
            assert_eq!(dispute, before);
        }
    }
}
