//! The lines of a price beside the room's own. Each is rounded once.

use kernel::{Currency, Money, MoneyError};
use rust_decimal::Decimal;

use super::{Line, LineKind};
use crate::{
    prices::model::{AddOn, PriceList},
    promotions::model::Terms,
};

/// The discount of the longest duration that fits, over all lines of the room.
pub fn discount(list: &PriceList, minutes: i64, room: Money) -> Result<Option<Line>, MoneyError> {
    let discounts = list.rates.duration_discounts.iter();
    let fits = discounts.filter(|discount| minutes >= i64::from(discount.min_hours) * 60);
    let Some(discount) = fits.max_by_key(|discount| discount.min_hours) else { return Ok(None) };
    let off = list.currency.zero().checked_sub(room.percent(discount.percent)?)?;
    let description = format!("Discount of {} % from {} hours", discount.percent, discount.min_hours);
    Ok((!off.is_zero()).then(|| piece(LineKind::Discount, description, off)))
}

/// What is missing to the least the room is let for.
pub fn minimum_charge(list: &PriceList, room: Money) -> Result<Option<Line>, MoneyError> {
    let Some(minimum) = list.rates.minimum_charge else { return Ok(None) };
    let missing = Money::new(minimum, list.currency).checked_sub(room)?;
    Ok(missing.is_positive().then(|| piece(LineKind::MinimumCharge, "Up to the minimum charge", missing)))
}

/// Those who come beyond the people that are included.
pub fn extra_people(list: &PriceList, party_size: Option<i32>, minutes: i64) -> Result<Vec<Line>, MoneyError> {
    let Some((extra, party_size)) = list.rates.extra_person.zip(party_size) else { return Ok(Vec::new()) };
    let people = i64::from(party_size) - i64::from(extra.included);
    if people <= 0 || (extra.per_use == 0 && extra.per_hour == 0) {
        return Ok(Vec::new());
    }
    let charge = Charge { kind: LineKind::ExtraPerson, per_use: extra.per_use, per_hour: extra.per_hour };
    let description = format!("People beyond {}", extra.included);
    charge.lines(list.currency, &description, people, minutes)
}

pub fn add_on(currency: Currency, add_on: &AddOn, quantity: i64, minutes: i64) -> Result<Vec<Line>, MoneyError> {
    let charge = Charge { kind: LineKind::AddOn, per_use: add_on.per_use, per_hour: add_on.per_hour };
    charge.lines(currency, &add_on.name, quantity, minutes)
}

pub fn cleaning(list: &PriceList) -> Option<Line> {
    let fee = Money::new(list.rates.cleaning_fee, list.currency);
    fee.is_positive().then(|| piece(LineKind::Cleaning, "Cleaning", fee))
}

/// A promotion takes off all net lines before it, and never more than there is.
pub fn promotion(terms: &Terms, subtotal: Money) -> Result<Line, MoneyError> {
    let off = subtotal.currency.zero().checked_sub(terms.off(subtotal)?)?;
    Ok(piece(LineKind::Promotion, format!("Promotion {}", terms.code), off))
}

/// What is paid for each use and for each hour.
struct Charge {
    kind: LineKind,
    per_use: i64,
    per_hour: i64,
}

impl Charge {
    /// One line for each way it is charged; one line of nothing for what is free.
    fn lines(
        &self,
        currency: Currency,
        description: &str,
        quantity: i64,
        minutes: i64,
    ) -> Result<Vec<Line>, MoneyError> {
        let line = |quantity, unit_amount, amount| Line {
            kind: self.kind,
            description: description.to_owned(),
            room_id: None,
            quantity,
            unit_amount,
            amount,
        };
        let mut lines = Vec::new();
        if self.per_use > 0 || self.per_hour == 0 {
            let unit = Money::new(self.per_use, currency);
            lines.push(line(quantity.into(), unit, unit.ratio(quantity, 1)?));
        }
        if self.per_hour > 0 {
            let unit = Money::new(self.per_hour, currency);
            let minutes = minutes.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
            lines.push(line(hours(minutes), unit, unit.ratio(minutes, 60)?));
        }
        Ok(lines)
    }
}

pub fn piece(kind: LineKind, description: impl Into<String>, amount: Money) -> Line {
    let (description, quantity) = (description.into(), Decimal::ONE);
    Line { kind, description, room_id: None, quantity, unit_amount: amount, amount }
}

/// For show: the amount is computed from the minutes.
pub fn hours(minutes: i64) -> Decimal {
    (Decimal::from(minutes) / Decimal::from(60)).round_dp(4).normalize()
}
