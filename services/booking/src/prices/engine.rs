//! The price of an interval: a pure function of the price list, the zone and what was chosen. Quote and charge are the
//! same call.

mod lines;
mod rates;

pub use rates::RateWindows;

use kernel::{Currency, Money, MoneyError, RoomId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::model::{AddOnChoice, Deposit, PriceList};
use crate::{bookings::cancellation::CancellationPolicy, interval::Interval, promotions::model::Terms};

/// An itemised price. What a booking was made at is stored in this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Price {
    pub lines: Vec<Line>,
    /// Net.
    pub subtotal: Money,
    pub tax: Money,
    /// Gross.
    pub total: Money,
    /// What confirms the booking; zero where the whole price is due at once.
    pub deposit_due: Money,
    pub cancellation_policy: CancellationPolicy,
    /// How many come, where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_size: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_code: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Line {
    pub kind: LineKind,
    pub description: String,
    /// Whose line it is, where several rooms are priced as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<RoomId>,
    /// Hours for what is paid by the hour (to four decimals; the amount is exact), else pieces.
    #[schema(value_type = String, example = "1.5")]
    pub quantity: Decimal,
    pub unit_amount: Money,
    pub amount: Money,
}

/// In the order in which the lines of a price come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Room,
    DayRate,
    Discount,
    MinimumCharge,
    ExtraPerson,
    AddOn,
    Cleaning,
    Promotion,
    Tax,
    /// What a company has kept of money that was held, beyond what was due.
    HeldCharge,
}

impl Price {
    pub fn currency(&self) -> Currency {
        self.total.currency
    }

    /// Adds a line that bears no tax.
    pub fn add(&mut self, kind: LineKind, description: &str, amount: Money) -> Result<(), MoneyError> {
        self.subtotal = self.subtotal.checked_add(amount)?;
        self.total = self.total.checked_add(amount)?;
        self.lines.push(lines::piece(kind, description, amount));
        Ok(())
    }

    /// What stays charged when the booking is moved and priced anew.
    pub fn keep_held_charges(&mut self, before: &Self) -> Result<(), MoneyError> {
        for line in before.lines.iter().filter(|line| line.kind == LineKind::HeldCharge) {
            self.add(line.kind, &line.description, line.amount)?;
        }
        Ok(())
    }

    /// Net, as it would be without a promotion: what its minimum is measured by.
    pub fn subtotal_before_promotion(&self) -> Result<Money, MoneyError> {
        self.subtotal.checked_add(self.promotion_off()?)
    }

    /// What a promotion has taken off; zero without one.
    pub fn promotion_off(&self) -> Result<Money, MoneyError> {
        let promotion = self.lines.iter().filter(|line| line.kind == LineKind::Promotion);
        promotion.into_iter().try_fold(self.currency().zero(), |sum, line| sum.checked_sub(line.amount))
    }
}

/// What is chosen beside the time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Choices of add-ons that are not on the list are ignored; whoever takes them from a client checks them first.
    pub add_ons: &'a [AddOnChoice],
    /// As many as the price includes when absent.
    pub party_size: Option<i32>,
    /// Whether it may be used is judged elsewhere.
    pub promotion: Option<&'a Terms>,
}

impl RateWindows<'_> {
    /// The price of an interval inside the window.
    pub fn price(&self, interval: Interval, extras: Extras<'_>) -> Result<Price, MoneyError> {
        let (list, minutes) = (self.list, interval.minutes());
        let mut lines = self.room_lines(interval)?;
        lines.extend(lines::discount(list, minutes, sum(list.currency, &lines)?)?);
        lines.extend(lines::minimum_charge(list, sum(list.currency, &lines)?)?);
        lines.extend(lines::extra_people(list, extras.party_size, minutes)?);
        for choice in extras.add_ons {
            if let Some(add_on) = list.add_ons.iter().find(|add_on| add_on.id == choice.id) {
                lines.extend(lines::add_on(list.currency, add_on, choice.quantity.into(), minutes)?);
            }
        }
        lines.extend(lines::cleaning(list));
        if let Some(terms) = extras.promotion {
            lines.push(lines::promotion(terms, sum(list.currency, &lines)?)?);
        }
        let price = settled(list, lines)?;
        let promotion_code = extras.promotion.map(|terms| terms.code.clone());
        Ok(Price { party_size: extras.party_size, promotion_code, ..price })
    }
}

/// The price of one interval in one room.
#[cfg(test)]
pub fn price(
    list: &PriceList,
    interval: Interval,
    zone: &jiff::tz::TimeZone,
    extras: Extras<'_>,
) -> Result<Price, MoneyError> {
    RateWindows::around(list, interval, zone).price(interval, extras)
}

/// Adds up net lines: tax is added once, on their sum.
fn settled(list: &PriceList, mut lines: Vec<Line>) -> Result<Price, MoneyError> {
    let rates = &list.rates;
    let subtotal = sum(list.currency, &lines)?;
    let tax = subtotal.percent(rates.tax_rate)?;
    lines.push(lines::piece(LineKind::Tax, format!("Tax, {} %", rates.tax_rate), tax));
    let total = subtotal.checked_add(tax)?;
    let deposit_due = match rates.deposit {
        Some(Deposit::Percent(percent)) => total.percent(percent)?,
        Some(Deposit::Amount(amount)) => Money::new(amount.min(total.amount), list.currency),
        None => list.currency.zero(),
    };
    let cancellation_policy = rates.cancellation_policy.clone();
    Ok(Price { lines, subtotal, tax, total, deposit_due, cancellation_policy, party_size: None, promotion_code: None })
}

fn sum(currency: Currency, lines: &[Line]) -> Result<Money, MoneyError> {
    lines.iter().try_fold(currency.zero(), |sum, line| sum.checked_add(line.amount))
}

#[cfg(test)]
mod tests;
