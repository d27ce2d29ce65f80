//! People and the rules for their names and addresses.

use std::fmt;

use jiff::Timestamp;
use kernel::{CompanyId, PhotoId, UserId};
use serde::{Deserialize, Serialize};
use service_kit::identity::{CompanyRole, PlatformRole};
use utoipa::ToSchema;

/// RFC 5321, section 4.5.3.1, as RFC 3696 erratum 1690 counts it.
const MAX_EMAIL_LEN: usize = 254;
const MAX_LOCAL_LEN: usize = 64;
const MAX_NAME_CHARS: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an email address")]
pub struct InvalidEmail;

/// An address as it was written, trimmed, with its domain in lower case (RFC 5321: only the domain is
/// case-insensitive for certain; accounts are nevertheless told apart without regard to case).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

impl Email {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was accepted when it was written; rules may have become stricter since.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }

    /// What accounts are told apart by.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        if text.len() <= MAX_EMAIL_LEN && is_local_part(local) && is_domain(domain) {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(InvalidEmail)
        }
    }
}

/// A dot-atom (RFC 5322): nothing in it needs quoting in a mail header.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    local.len() <= MAX_LOCAL_LEN && local.split('.').all(is_atom)
}

/// Two labels or more (RFC 1035); an international domain is written in its ASCII form. `invalid` is nobody's (RFC 2606),
/// and is what erased accounts have.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_nobodys = domain.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("invalid"));
    domain.contains('.') && domain.split('.').all(is_label) && !is_nobodys
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 200 characters, none of them a control character")]
pub struct InvalidName;

/// A person's name: whatever people are called, without what would break a line or turn it around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PersonName(String);

impl PersonName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was accepted when it was written; rules may have become stricter since.
    pub fn from_column(text: String) -> Self {
        Self(text)
    }
}

impl TryFrom<String> for PersonName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        let text = text.trim();
        let accepted = (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(is_control);
        if accepted { Ok(Self(text.to_owned())) } else { Err(InvalidName) }
    }
}

/// Control characters, line and paragraph separators, and what overrides the direction of text.
pub fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What a person sees first; any verified person may open a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    Customer,
    StudioOwner,
}

impl UserRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::StudioOwner => "studio_owner",
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub name: PersonName,
    pub role: UserRole,
    pub platform_role: Option<PlatformRole>,
    pub email_verified: bool,
    pub version: i64,
    pub created_at: Timestamp,
}

/// A company a person works for.
#[derive(Debug, Clone)]
pub struct Membership {
    pub company_id: CompanyId,
    pub slug: String,
    pub name: String,
    pub role: CompanyRole,
}

/// A person with the companies they work for, and their photo.
#[derive(Debug, Clone)]
pub struct Profile {
    pub user: User,
    pub companies: Vec<Membership>,
    pub photo_id: Option<PhotoId>,
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised() {
        for (text, expected) in [
            (" Ada.Lovelace+rt@Example.COM ", "Ada.Lovelace+rt@example.com"),
            ("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"),
            ("o'neill@a-b.example.org", "o'neill@a-b.example.org"),
        ] {
            assert_eq!(Email::try_from(text.to_owned()).unwrap().as_str(), expected);
        }
        assert_eq!(Email::try_from("Ada@Example.com".to_owned()).unwrap().key(), "ada@example.com");
    }

    #[test]
    fn what_could_forge_a_mail_header_is_no_address() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}.com", "a.".repeat(130));
        for text in [
            "",
            "@",
            "a@",
            "@a.b",
            "a@b",
            "a b@c.de",
            "a@b..de",
            ".a@b.de",
            "a.@b.de",
            "a@-b.de",
            "a@b.de\r\nBcc: c@d.ef",
            "a\u{0}@b.de",
            "ä@b.de",
            "a@ä.de",
            "<a@b.de>",
            "a@b.de,c@d.ef",
            "a@b@c.de",
            "\"a\"@b.de",
            "a@erased.invalid",
            "a@b.INVALID",
            &long,
            &longer,
        ] {
            assert!(Email::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_keep_their_letters_and_lose_their_tricks() {
        for good in ["Ada", " Bjørk Guðmundsdóttir ", "王小明", &"x".repeat(200)] {
            assert!(PersonName::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "   ", "a\nb", "a\u{0}", "a\u{202E}b", "\u{2028}x\u{2028}y", &"x".repeat(201)] {
            assert!(PersonName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
