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
}
