//! The price of several rooms as one.

use kernel::{MoneyError, RoomId};

use super::engine::{Line, Price};
use crate::bookings::cancellation::CancellationPolicy;

/// One price for rooms that are booked together: every line names its room, sums are the sums of the rooms', and what
/// confirms the booking is what confirms each. The policy gives back at every instant what the strictest of the
/// rooms' policies does. A single room's price stays as it is. `None` without rooms.
pub fn joined(mut parts: Vec<(RoomId, Price)>) -> Result<Option<Price>, MoneyError> {
    if parts.len() < 2 {
        return Ok(parts.pop().map(|(_, price)| price));
    }
    let policies: Vec<CancellationPolicy> = parts.iter().map(|(_, part)| part.cancellation_policy.clone()).collect();
    let has_deposit = parts.iter().any(|(_, part)| part.deposit_due.is_positive());
    let mut whole: Option<Price> = None;
    for (room_id, mut part) in parts {
        if has_deposit && !part.deposit_due.is_positive() {
            part.deposit_due = part.total;
        }
        part.lines = part.lines.into_iter().map(|line| Line { room_id: Some(room_id), ..line }).collect();
        whole = Some(match whole {
            None => part,
            Some(sum) => plus(sum, part)?,
        });
    }
    Ok(whole.map(|price| Price { cancellation_policy: CancellationPolicy::strictest(&policies), ..price }))
}

fn plus(mut sum: Price, part: Price) -> Result<Price, MoneyError> {
    sum.subtotal = sum.subtotal.checked_add(part.subtotal)?;
    sum.tax = sum.tax.checked_add(part.tax)?;
    sum.total = sum.total.checked_add(part.total)?;
    sum.deposit_due = sum.deposit_due.checked_add(part.deposit_due)?;
    sum.lines.extend(part.lines);
    Ok(sum)
}

/// How many people a room's price includes, and how many fit in.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub included: i32,
    pub capacity: i32,
}

/// Spreads a party over rooms so that as few as can be have to be paid for: each room takes those it includes, what is
/// left fills the rooms in their order. Whoever does not fit anywhere is counted in the last room.
pub fn spread(people: i32, rooms: &[Places]) -> Vec<i32> {
    let mut left = people;
    let mut parties: Vec<i32> = rooms.iter().map(|room| take(&mut left, room.included.min(room.capacity))).collect();
    for (party, room) in parties.iter_mut().zip(rooms) {
        *party += take(&mut left, room.capacity - *party);
    }
    if let Some(last) = parties.last_mut() {
        *last += left;
    }
    parties
}

fn take(left: &mut i32, most: i32) -> i32 {
    let taken = (*left).min(most.max(0));
    *left -= taken;
    taken
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money};

    use super::*;
    use crate::prices::engine::LineKind;

    fn eur(amount: i64) -> Money {
        Money::new(amount, Currency::EUR)
    }

    fn price(net: i64, deposit: i64) -> Price {
        let line = Line {
            kind: LineKind::Room,
            description: "Room".into(),
            room_id: None,
            quantity: 1.into(),
            unit_amount: eur(net),
            amount: eur(net),
        };
        Price {
            lines: vec![line],
            subtotal: eur(net),
            tax: eur(net / 5),
            total: eur(net + net / 5),
            deposit_due: eur(deposit),
            cancellation_policy: CancellationPolicy::default(),
            party_size: None,
            promotion_code: None,
        }
    }

    #[test]
    fn a_single_room_keeps_its_price_as_it_is() {
        assert_eq!(joined(vec![(RoomId::new(), price(1000, 100))]).unwrap(), Some(price(1000, 100)));
        assert_eq!(joined(Vec::new()).unwrap(), None);
    }

    #[test]
    fn sums_are_those_of_the_rooms_and_lines_name_them() {
        let (one, other) = (RoomId::new(), RoomId::new());
        let whole = joined(vec![(one, price(1000, 0)), (other, price(500, 0))]).unwrap().unwrap();
        assert_eq!((whole.subtotal, whole.tax, whole.total), (eur(1500), eur(300), eur(1800)));
        let rooms: Vec<Option<RoomId>> = whole.lines.iter().map(|line| line.room_id).collect();
        assert_eq!(rooms, [Some(one), Some(other)]);
        assert_eq!(whole.deposit_due, eur(0), "everything is due at once");
    }

    #[test]
    fn a_room_without_a_deposit_is_paid_in_full_to_confirm_beside_one_with_a_deposit() {
        let parts = vec![(RoomId::new(), price(1000, 100)), (RoomId::new(), price(500, 0))];
        assert_eq!(joined(parts).unwrap().unwrap().deposit_due, eur(700));
    }

    #[test]
    fn a_party_fills_what_is_included_first() {
        let rooms = [Places { included: 2, capacity: 4 }, Places { included: 3, capacity: 3 }];
        for (people, expected) in [(1, [1, 0]), (2, [2, 0]), (5, [2, 3]), (6, [3, 3]), (7, [4, 3]), (8, [4, 4])] {
            assert_eq!(spread(people, &rooms), expected, "{people} people");
        }
        assert_eq!(spread(9, &rooms[..1]), [9]);
    }
}
