//! Money: integer minor units of an ISO 4217 currency. Floats never.

use std::{cmp::Ordering, fmt, str::FromStr};

use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
    sql_types::Text,
};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::Percent;

/// Why an operation on money has no result. Nothing is rounded or clamped silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("expected the ISO 4217 code of a currency in circulation")]
    UnknownCurrency,
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    #[error("the amount is too large")]
    Overflow,
}

/// A currency in circulation (ISO 4217), never a fund, a metal or a test code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const GBP: Self = Self(iso_currency::Currency::GBP);
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// The three upper-case letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the major unit: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u16 {
        self.0.exponent().unwrap_or(0)
    }

    pub fn zero(self) -> Money {
        Money::new(0, self)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        let currency = iso_currency::Currency::from_code(code).ok_or(MoneyError::UnknownCurrency)?;
        let circulates = currency.exponent().is_some()
            && !currency.is_fund()
            && !currency.is_special()
            && currency.is_superseded().is_none();
        if circulates { Ok(Self(currency)) } else { Err(MoneyError::UnknownCurrency) }
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl ToSql<Text, Pg> for Currency {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(self.code(), &mut out.reborrow())
    }
}

impl FromSql<Text, Pg> for Currency {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let code = <String as FromSql<Text, Pg>>::from_sql(value)?;
        Ok(code.parse()?)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("ISO 4217 code of a currency in circulation."))
            .examples(["EUR"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// An amount in minor units (cents) of a currency; may be negative where a balance may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: 9000 is 90.00 EUR, 9000 JPY and 9.000 KWD.
    pub amount: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    pub fn is_zero(self) -> bool {
        self.amount == 0
    }

    pub fn is_positive(self) -> bool {
        self.amount > 0
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The exact product rounded half-up (away from zero) to a minor unit: call it once per line.
    pub fn times(self, factor: Decimal) -> Result<Self, MoneyError> {
        let product = Decimal::from(self.amount).checked_mul(factor).ok_or(MoneyError::Overflow)?;
        Self::rounded(product, self.currency)
    }

    pub fn percent(self, percent: Percent) -> Result<Self, MoneyError> {
        self.times(percent.fraction())
    }

    /// `self × numerator ÷ denominator`, rounded half-up once; the division comes last so that nothing is lost before.
    /// The denominator must not be zero.
    pub fn ratio(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let product = Decimal::from(self.amount).checked_mul(numerator.into()).ok_or(MoneyError::Overflow)?;
        let quotient = product.checked_div(denominator.into()).ok_or(MoneyError::Overflow)?;
        Self::rounded(quotient, self.currency)
    }

    /// Splits into parts in proportion to `weights`; the parts always sum to the whole. The remainder goes one unit
    /// each to the largest fractions, the earlier part first, so the same input always gives the same parts.
    /// Weights must not be negative and not all be zero.
    pub fn allocate(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if total == 0 {
            return Err(MoneyError::Overflow);
        }
        let amount = i128::from(self.amount);
        let share = |weight: &u32| (amount * i128::from(*weight)).div_euclid(total);
        let fraction = |weight: &u32| (amount * i128::from(*weight)).rem_euclid(total);
        let mut parts: Vec<i128> = weights.iter().map(share).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse(fraction(&weights[*i])), *i));
        let remainder = amount - parts.iter().sum::<i128>();
        for index in order.into_iter().take(usize::try_from(remainder).unwrap_or(0)) {
            parts[index] += 1;
        }
        let to_money = |part| i64::try_from(part).map(|part| Self::new(part, self.currency));
        parts.into_iter().map(|part| to_money(part).map_err(|_| MoneyError::Overflow)).collect()
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        op(self.amount, other.amount).map(|amount| Self::new(amount, self.currency)).ok_or(MoneyError::Overflow)
    }

    fn rounded(exact: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        rounded.to_i64().map(|amount| Self::new(amount, currency)).ok_or(MoneyError::Overflow)
    }
}

/// As people read it: `90.00 EUR`, `9000 JPY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = u32::from(self.currency.exponent());
        write!(f, "{} {}", Decimal::new(self.amount, exponent), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_currencies_in_circulation_parse() {
        for code in ["EUR", "GBP", "JPY", "KWD", "USD", "CHF"] {
            assert!(code.parse::<Currency>().is_ok(), "{code}");
        }
        for code in ["XXX", "XAU", "XTS", "eur", "EU", "EURO", "", "CHE", "DEM", "HRK"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let rounded = |amount, numerator, denominator| {
            Money::new(amount, Currency::EUR).ratio(numerator, denominator).unwrap().amount
        };
        assert_eq!(rounded(1, 1, 2), 1);
        assert_eq!(rounded(-1, 1, 2), -1);
        assert_eq!(rounded(100, 1, 3), 33);
        assert_eq!(rounded(200, 1, 3), 67);
    }

    #[test]
    fn overflow_and_mixed_currencies_are_errors() {
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(most.checked_add(Money::new(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(most.times(Decimal::TWO), Err(MoneyError::Overflow));
        assert_eq!(most.checked_sub(Money::new(1, Currency::GBP)), Err(MoneyError::CurrencyMismatch));
        assert_eq!(most.ratio(1, 0), Err(MoneyError::Overflow));
    }

    #[test]
    fn displays_in_major_units() {
        assert_eq!(Money::new(9000, Currency::EUR).to_string(), "90.00 EUR");
        assert_eq!(Money::new(-5, Currency::EUR).to_string(), "-0.05 EUR");
        assert_eq!(Money::new(9000, Currency::JPY).to_string(), "9000 JPY");
    }

    proptest! {
        #[test]
        fn allocation_loses_nothing(amount in any::<i64>(), weights in prop::collection::vec(0u32.., 1..12)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let parts = Money::new(amount, Currency::EUR).allocate(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|p| i128::from(p.amount)).sum::<i128>(), i128::from(amount));
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(*weight > 0 || part.amount == 0, "a part without weight gets nothing");
            }
        }
    }
}
