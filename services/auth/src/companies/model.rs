//! Companies and the rules for what they are called.

use jiff::Timestamp;
use kernel::{CompanyId, Currency};
use serde::Deserialize;

use crate::users::is_control;

const MAX_NAME_CHARS: usize = 200;
const MIN_SLUG_LEN: usize = 3;
const MAX_SLUG_LEN: usize = 63;

/// Words that routes use, now or some day, or that would speak for the platform.
const RESERVED_SLUGS: [&str; 40] = [
    "about",
    "account",
    "accounts",
    "admin",
    "administrator",
    "api",
    "app",
    "auth",
    "billing",
    "bookings",
    "companies",
    "company",
    "console",
    "dashboard",
    "docs",
    "favorites",
    "health",
    "help",
    "internal",
    "legal",
    "login",
    "logout",
    "mine",
    "new",
    "null",
    "payments",
    "register",
    "roomtone",
    "root",
    "sandbox",
    "search",
    "security",
    "settings",
    "status",
    "studios",
    "support",
    "system",
    "teams",
    "webhooks",
    "www",
];

/// Somebody may work for so many companies: all of them stand in an identity token.
pub const MAX_MEMBERSHIPS: i64 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub id: CompanyId,
    pub slug: Slug,
    pub name: CompanyName,
    pub country: Country,
    pub currency: Currency,
    pub vat_id: Option<VatId>,
    pub version: i64,
    pub created_at: Timestamp,
}

/// As somebody writes it, with spaces, dots and hyphens.
const LONGEST_VAT_ID: usize = 60;

/// Why a word is refused; the text is for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCompany {
    #[error("a company's name has 1 to 200 characters, none of them a control character")]
    Name,
    #[error("3 to 63 lower-case letters, digits and single hyphens between them")]
    Slug,
    #[error("this word is reserved")]
    ReservedSlug,
    #[error("expected the ISO 3166-1 code of a country, two upper-case letters")]
    Country,
    #[error("4 to 20 letters and digits")]
    VatId,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CompanyName(String);

impl CompanyName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was accepted when it was written; rules may have become stricter since.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<String> for CompanyName {
    type Error = InvalidCompany;

    fn try_from(text: String) -> Result<Self, InvalidCompany> {
        let text = text.trim();
        let accepted = (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(is_control);
        if accepted { Ok(Self(text.to_owned())) } else { Err(InvalidCompany::Name) }
    }
}

/// A company's name in addresses of pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Slug(String);

impl Slug {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was accepted when it was written; rules may have become stricter since.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    /// False for what cannot be a slug and need not be looked for.
    pub fn looks_like_one(text: &str) -> bool {
        text.len() <= MAX_SLUG_LEN && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }

    /// Slugs for a company of this name, the best first. They may be taken.
    pub fn candidates(name: &CompanyName) -> impl Iterator<Item = Self> {
        let base = slugify(name.as_str());
        let whole = Self::try_from(base.clone()).ok();
        let numbered = (2..=9).map(|number| number.to_string());
        // After that a number that nobody else is trying at this moment.
        let random = std::iter::repeat_with(|| rand::random_range(1000..1_000_000).to_string()).take(8);
        let suffixed = numbered.chain(random).filter_map(move |suffix| Self::try_from(format!("{base}-{suffix}")).ok());
        whole.into_iter().chain(suffixed)
    }
}

impl TryFrom<String> for Slug {
    type Error = InvalidCompany;

    fn try_from(text: String) -> Result<Self, InvalidCompany> {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !(MIN_SLUG_LEN..=MAX_SLUG_LEN).contains(&text.len()) || !text.split('-').all(is_word) {
            Err(InvalidCompany::Slug)
        } else if RESERVED_SLUGS.contains(&text.as_str()) {
            Err(InvalidCompany::ReservedSlug)
        } else {
            Ok(Self(text))
        }
    }
}

/// Latin letters, digits and hyphens out of any name, with room for a number at the end.
fn slugify(name: &str) -> String {
    let latin = deunicode::deunicode(name).to_ascii_lowercase();
    let words = latin.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join("-");
    let shortened: String = joined.chars().take(MAX_SLUG_LEN - 8).collect();
    let trimmed = shortened.trim_end_matches('-');
    if trimmed.is_empty() { "company".to_owned() } else { trimmed.to_owned() }
}

/// An ISO 3166-1 alpha-2 code that is assigned to a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Country(iso_country::Country);

impl Country {
    pub fn code(self) -> String {
        self.0.to_string()
    }
}

impl TryFrom<String> for Country {
    type Error = InvalidCompany;

    fn try_from(code: String) -> Result<Self, InvalidCompany> {
        match code.parse() {
            Ok(iso_country::Country::Unspecified) | Err(_) => Err(InvalidCompany::Country),
            Ok(country) => Ok(Self(country)),
        }
    }
}

/// A VAT identification number, without the blanks, dots and hyphens people put into it. Whether it is registered is
/// not checked here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct VatId(String);

impl VatId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was accepted when it was written; rules may have become stricter since.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<String> for VatId {
    type Error = InvalidCompany;

    fn try_from(text: String) -> Result<Self, InvalidCompany> {
        let plain: String = text.trim().chars().filter(|letter| !matches!(letter, ' ' | '.' | '-')).collect();
        let is_short = text.chars().count() <= LONGEST_VAT_ID;
        let accepted = (4..=20).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_alphanumeric());
        if accepted && is_short { Ok(Self(plain.to_ascii_uppercase())) } else { Err(InvalidCompany::VatId) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug(text: &str) -> Result<Slug, InvalidCompany> {
        Slug::try_from(text.to_owned())
    }

    #[test]
    fn slugs_are_lower_case_words_and_not_the_platforms_own() {
        for good in ["kellerklang", "room-12", "a1b"] {
            assert!(slug(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ab",
            "-abc",
            "abc-",
            "a--b",
            "Abc",
            "a_b",
            "a b",
            "ä12",
            &"a".repeat(64),
            "com_01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(slug(bad), Err(InvalidCompany::Slug), "{bad}");
        }
        assert_eq!(slug("admin"), Err(InvalidCompany::ReservedSlug));
    }

    #[test]
    fn a_slug_is_made_of_any_name() {
        let best = |name: &str| {
            let name = CompanyName::try_from(name.to_owned()).unwrap();
            Slug::candidates(&name).next().unwrap().as_str().to_owned()
        };
        assert_eq!(best("Kellerklang GmbH & Co. KG"), "kellerklang-gmbh-co-kg");
        assert_eq!(best("Übungsräume Köln"), "ubungsraume-koln");
        assert_eq!(best("!!!"), "company-2");
        assert_eq!(best("Admin"), "admin-2");
        assert_eq!(best("X"), "x-2");
    }

    #[test]
    fn countries_are_those_of_the_standard() {
        let country = |code: &str| Country::try_from(code.to_owned()).map(Country::code);
        assert_eq!(country("DE"), Ok("DE".to_owned()));
        for bad in ["", "de", "DEU", "XX", "ZZ", "UK", "Germany"] {
            assert_eq!(country(bad), Err(InvalidCompany::Country), "{bad}");
        }
    }

    #[test]
    fn vat_ids_lose_their_ornaments() {
        let vat_id = |text: &str| VatId::try_from(text.to_owned()).map(|id| id.as_str().to_owned());
        assert_eq!(vat_id(" de 123.456-789 "), Ok("DE123456789".to_owned()));
        for bad in ["", "DE1", "DE/123456", &"1".repeat(21)] {
            assert_eq!(vat_id(bad), Err(InvalidCompany::VatId), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_name_has_valid_candidates(name in "\\PC{1,200}") {
            if let Ok(name) = CompanyName::try_from(name) {
                let candidates: Vec<Slug> = Slug::candidates(&name).collect();
                prop_assert!(candidates.len() >= 16);
                for candidate in candidates {
                    prop_assert!(slug(candidate.as_str()).is_ok());
                }
            }
        }
    }
}
