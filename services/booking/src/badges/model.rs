//! The name of a badge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

const LENGTH: std::ops::RangeInclusive<usize> = 2..=40;

/// Lower-case letters and digits, single hyphens between: `verified`, `top-rated`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Badge(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 2 to 40 lower-case letters, digits and single hyphens")]
pub struct BadgeFormat;

impl FromStr for Badge {
    type Err = BadgeFormat;

    fn from_str(text: &str) -> Result<Self, BadgeFormat> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let hyphens = text.starts_with('-') || text.ends_with('-') || text.contains("--");
        let is_badge = LENGTH.contains(&text.len()) && text.bytes().all(allowed) && !hyphens;
        if is_badge { Ok(Self(text.to_owned())) } else { Err(BadgeFormat) }
    }
}

impl Badge {
    /// One that was checked when it was granted.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Badge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Badge {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
            .min_length(Some(2))
            .max_length(Some(40))
            .examples(["verified"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Badge {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_are_short_plain_words() {
        for text in ["verified", "top-rated", "24h"] {
            assert!(text.parse::<Badge>().is_ok(), "{text}");
        }
        for text in ["", "a", "Verified", "top rated", "-a", "a--b", &"x".repeat(41)] {
            assert_eq!(text.parse::<Badge>(), Err(BadgeFormat), "{text}");
        }
    }
}
