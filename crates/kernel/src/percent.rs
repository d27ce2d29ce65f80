//! Percentages: a plain decimal string from 0 to 100 outside, an exact decimal inside.

use std::{fmt, str::FromStr};

use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
    sql_types::Numeric,
};
use rust_decimal::Decimal;

/// Why a text is not a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a percentage from 0 to 100 as a plain decimal string, with at most 4 decimals")]
pub struct PercentError;

/// A percentage from 0 to 100 with at most four decimals.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Numeric)]
pub struct Percent(Decimal);

impl Percent {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const HUNDRED: Self = Self(Decimal::ONE_HUNDRED);

    pub fn new(value: Decimal) -> Result<Self, PercentError> {
        let valid = value >= Decimal::ZERO && value <= Decimal::ONE_HUNDRED && value.scale() <= 4;
        if valid { Ok(Self(value)) } else { Err(PercentError) }
    }

    /// The factor to multiply with: 19 % is 0.19.
    pub fn fraction(self) -> Decimal {
        self.0 / Decimal::ONE_HUNDRED
    }

    pub fn value(self) -> Decimal {
        self.0
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    /// Digits and one point only: no sign, no exponent, no white space.
    fn from_str(text: &str) -> Result<Self, PercentError> {
        let plain = !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit());
        if !plain {
            return Err(PercentError);
        }
        Decimal::from_str_exact(text).map_err(|_| PercentError).and_then(Self::new)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl serde::Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl ToSql<Numeric, Pg> for Percent {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Numeric, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Numeric, Pg> for Percent {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let value = <Decimal as FromSql<Numeric, Pg>>::from_sql(value)?;
        Ok(Self::new(value.normalize())?)
    }
}

impl utoipa::PartialSchema for Percent {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(r"^\d{1,3}(\.\d{1,4})?$"))
            .description(Some("A percentage from 0 to 100."))
            .examples(["19.0"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Percent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_from_0_to_100_parse() {
        for text in ["0", "19.0", "100", "99.9999", "07.5"] {
            assert!(text.parse::<Percent>().is_ok(), "{text}");
        }
        for text in ["", "-1", "+1", "100.01", "1e1", " 5", "5.", ".5", "1.23456", "NaN", "1_0", "1,5"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
