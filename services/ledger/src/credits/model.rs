//! Which lots a spend takes from, and where what is let go returns; pure.

use jiff::Timestamp;
use kernel::CreditGrantId;
use serde::{Deserialize, Serialize};

/// Where credits come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Paid for: the money is waiting unallocated.
    Purchase,
    /// Given with a subscription.
    Allocation,
    /// Given by a person.
    Goodwill,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Allocation => "allocation",
            Self::Goodwill => "goodwill",
        }
    }

    pub fn parse(text: &str) -> Self {
        // The column is checked to be one of the three.
        match text {
            "purchase" => Self::Purchase,
            "allocation" => Self::Allocation,
            _ => Self::Goodwill,
        }
    }
}

/// What is left of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    pub id: CreditGrantId,
    pub granted: i64,
    pub remaining: i64,
    pub granted_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

impl Lot {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// Part of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    pub lot: CreditGrantId,
    pub amount: i64,
}

/// Takes an amount from lots: those that expire soonest first, those that never do last, older grants before newer ones.
/// `None` where there is not enough that has not expired.
pub fn take(lots: &[Lot], amount: i64, now: Timestamp) -> Option<Vec<Portion>> {
    let mut order: Vec<&Lot> = lots.iter().filter(|lot| lot.remaining > 0 && !lot.is_over(now)).collect();
    order.sort_by_key(|lot| (lot.expires_at.unwrap_or(Timestamp::MAX), lot.granted_at, lot.id));
    let (mut left, mut portions) = (amount, Vec::new());
    for lot in order {
        let taken = left.min(lot.remaining);
        if taken > 0 {
            portions.push(Portion { lot: lot.id, amount: taken });
            left -= taken;
        }
    }
    (left == 0 && amount > 0).then_some(portions)
}

/// What returns to its lots when only `captured` of a spend is used: the portions that were to be spent last.
pub fn give_back(portions: &[Portion], captured: i64) -> Vec<Portion> {
    let mut used = captured;
    let rest = portions.iter().map(|portion| {
        let spent = used.min(portion.amount);
        used -= spent;
        Portion { amount: portion.amount - spent, ..*portion }
    });
    rest.filter(|portion| portion.amount > 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lot(id: u128, remaining: i64, expires: Option<i64>) -> Lot {
        let id = CreditGrantId::from_uuid(Uuid::from_u128(id));
        Lot { id, granted: remaining.max(1), remaining, granted_at: at(0), expires_at: expires.map(at) }
    }

    fn read(portions: &[Portion]) -> Vec<(u128, i64)> {
        portions.iter().map(|portion| (portion.lot.uuid().as_u128(), portion.amount)).collect()
    }

    #[test]
    fn what_expires_soonest_is_spent_first_and_what_has_expired_is_not() {
        let lots =
            [lot(1, 10, None), lot(2, 10, Some(50)), lot(3, 10, Some(20)), lot(4, 10, Some(10)), lot(5, 0, Some(30))];
        assert_eq!(read(&take(&lots, 15, at(10)).unwrap()), [(3, 10), (2, 5)]);
        assert_eq!(read(&take(&lots, 30, at(10)).unwrap()), [(3, 10), (2, 10), (1, 10)]);
        assert_eq!(take(&lots, 31, at(10)), None);
        assert_eq!(take(&lots, 0, at(10)), None);
    }

    #[test]
    fn what_is_not_used_returns_to_the_lots_that_last_longest() {
        let lots = [lot(1, 10, None), lot(2, 10, Some(50))];
        let portions = take(&lots, 15, at(0)).unwrap();
        assert_eq!(read(&give_back(&portions, 12)), [(1, 3)]);
        assert_eq!(read(&give_back(&portions, 4)), [(2, 6), (1, 5)]);
        assert!(give_back(&portions, 15).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_between_taking_and_giving_back(
            remaining in prop::collection::vec((0..100_i64, prop::option::of(1..100_i64)), 0..8),
            amount in 1..500_i64,
            captured in 0..500_i64,
        ) {
            let lots: Vec<Lot> = remaining.iter().enumerate().map(|(id, (left, expires))| lot(id as u128, *left, *expires)).collect();
            let there: i64 = lots.iter().filter(|lot| !lot.is_over(at(50))).map(|lot| lot.remaining).sum();
            let taken = take(&lots, amount, at(50));
            prop_assert_eq!(taken.is_some(), amount <= there);
            if let Some(portions) = taken {
                prop_assert_eq!(portions.iter().map(|portion| portion.amount).sum::<i64>(), amount);
                for portion in &portions {
                    let lot = lots.iter().find(|lot| lot.id == portion.lot).unwrap();
                    prop_assert!(portion.amount <= lot.remaining && !lot.is_over(at(50)));
                }
                let captured = captured.min(amount);
                let back: i64 = give_back(&portions, captured).iter().map(|portion| portion.amount).sum();
                prop_assert_eq!(back, amount - captured);
            }
        }
    }
}
