//! Names in addresses: lower-case letters, digits and single hyphens.

use std::{fmt, str::FromStr};

use crate::search::text::fold;

/// Words that routes under `/api/studios/` use, now or later.
const RESERVED: [&str; 15] = [
    "my",
    "search",
    "favorites",
    "favourites",
    "new",
    "rooms",
    "operating-hours",
    "blackouts",
    "equipment",
    "badges",
    "reviews",
    "photos",
    "calendar",
    "available-times",
    "bookings",
];

pub const LENGTH: std::ops::RangeInclusive<usize> = 2..=60;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    #[error("expected 2 to 60 lower-case letters, digits and single hyphens")]
    Malformed,
    #[error("this word is reserved")]
    Reserved,
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let hyphens = text.starts_with('-') || text.ends_with('-') || text.contains("--");
        if !LENGTH.contains(&text.len()) || !text.bytes().all(allowed) || hyphens {
            return Err(SlugError::Malformed);
        }
        if RESERVED.contains(&text) { Err(SlugError::Reserved) } else { Ok(Self(text.to_owned())) }
    }
}

impl Slug {
    /// Made of a name: accents dropped, everything else a hyphen. A name that leaves nothing is called `studio`.
    pub fn of_name(name: &str) -> Self {
        let folded = fold(name);
        let words: Vec<&str> =
            folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut text = words.join("-");
        text.truncate(50);
        let text = text.trim_end_matches('-');
        text.parse().unwrap_or_else(|_| Self(format!("{text}-studio").trim_start_matches('-').to_owned()))
    }

    /// The next one to try when this one is taken.
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}-{number}", self.0))
    }

    /// One that nobody else has, with a few characters of the studio's id.
    pub fn ending_in(&self, end: &str) -> Self {
        Self(format!("{}-{end}", self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_short_plain_and_no_words_of_routes() {
        for text in ["abbey-road", "b2", "3klang"] {
            assert!(text.parse::<Slug>().is_ok(), "{text}");
        }
        for text in ["a", "", "Abbey", "-a", "a-", "a--b", "a_b", "ü-ber", "a b", "std_01h455vb4pex5vsknk084sn02q"] {
            assert_eq!(text.parse::<Slug>(), Err(SlugError::Malformed), "{text}");
        }
        assert_eq!("x".repeat(61).parse::<Slug>(), Err(SlugError::Malformed));
        for text in ["my", "search", "favorites"] {
            assert_eq!(text.parse::<Slug>(), Err(SlugError::Reserved), "{text}");
        }
    }

    #[test]
    fn a_name_makes_a_slug() {
        for (name, slug) in [
            ("Abbey Road", "abbey-road"),
            ("  Größe & Söhne! ", "grosse-sohne"),
            ("My", "my-studio"),
            ("録音", "studio"),
            ("Éclair 3", "eclair-3"),
        ] {
            assert_eq!(Slug::of_name(name).as_str(), slug, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_name_makes_a_valid_slug(name in "\\PC{0,120}", number in 2_u32..10_000) {
            let slug = Slug::of_name(&name);
            prop_assert!(slug.as_str().parse::<Slug>().is_ok(), "{slug}");
            prop_assert!(slug.numbered(number).as_str().parse::<Slug>().is_ok(), "{slug}");
        }
    }
}
