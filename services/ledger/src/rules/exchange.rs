//! Money moved from one currency into another.

use kernel::Money;

use crate::{accounts::AccountCode, transfers::Leg};

/// What is sold leaves `from` in its currency, what is bought arrives on `to` in the other; the position accounts stand
/// between them, so that each currency sums to zero by itself and what is left on them is the gain or loss.
pub fn exchange_legs(from: AccountCode, sold: Money, to: AccountCode, bought: Money) -> Vec<Leg> {
    vec![
        Leg::debit(AccountCode::Position.in_currency(sold.currency), sold.amount),
        Leg::credit(from.in_currency(sold.currency), sold.amount),
        Leg::debit(to.in_currency(bought.currency), bought.amount),
        Leg::credit(AccountCode::Position.in_currency(bought.currency), bought.amount),
    ]
}
