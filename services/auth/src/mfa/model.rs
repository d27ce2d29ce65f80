//! Codes: how they look, when one is right, and how long an offer stands.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use totp_rs::{Builder, Totp};

use super::MfaError;
use crate::users::Email;

/// What authenticator apps show above the code.
const ISSUER: &str = "Roomtone";

/// An enrolment that is not confirmed within this time is forgotten.
pub const OFFER_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// As many as people print on one card.
pub const RECOVERY_CODES: usize = 10;

/// Bytes of a TOTP secret: the length of an SHA-1 output (RFC 4226 section 4).
pub const SECRET_LEN: usize = 20;

/// Crockford's base32: no letter that reads like another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const RECOVERY_CODE_LEN: usize = 10;

/// The generator and verifier of codes: SHA-1, six digits, thirty seconds, one step of grace either way. It is what
/// every authenticator app understands.
pub fn totp(secret: Vec<u8>, email: &Email) -> Result<Totp, MfaError> {
    // The label of an otpauth URL is divided by colons; no accepted address has one.
    let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER)).with_account_name(email.as_str());
    builder.build().map_err(|error| MfaError::Unusable(anyhow::anyhow!("{error:?}")))
}

/// The time step a code is of, if it is one of the present or a neighbouring step.
pub fn matching_step(totp: &Totp, code: &str, now: Timestamp) -> Option<i64> {
    let seconds = u64::try_from(now.as_second()).ok()?;
    totp.check(code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// What became of a presented code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// The account has no second factor to ask for.
    NotEnrolled,
    /// It has one, and nothing was presented.
    Missing,
    Wrong,
    Right,
}

/// With room for the spaces and dashes that people type.
const LONGEST_CODE: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has at most 64 characters")]
pub struct CodeLength;

/// What somebody presents as a code of either kind: a wrong one is wrong, one that is longer than any is refused unread.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct PresentedCode(SecretString);

impl PresentedCode {
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl TryFrom<String> for PresentedCode {
    type Error = CodeLength;

    fn try_from(text: String) -> Result<Self, CodeLength> {
        if text.chars().count() <= LONGEST_CODE { Ok(Self(text.into())) } else { Err(CodeLength) }
    }
}

/// A code as somebody typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    Totp(String),
    Recovery(String),
}

impl Code {
    /// Spaces and dashes do not count; `None` for what cannot be a code of either kind.
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_lowercase()).collect();
        if plain.len() == 6 && plain.bytes().all(|digit| digit.is_ascii_digit()) {
            return Some(Self::Totp(plain));
        }
        let folded: String = plain.chars().map(fold).collect();
        let is_recovery = folded.len() == RECOVERY_CODE_LEN && folded.bytes().all(|letter| ALPHABET.contains(&letter));
        is_recovery.then_some(Self::Recovery(folded))
    }
}

/// Letters that are taken for digits are those digits.
fn fold(letter: char) -> char {
    match letter {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }
}

/// A fresh recovery code, in two groups of five: 50 random bits.
pub fn new_recovery_code() -> SecretString {
    let random: [u8; RECOVERY_CODE_LEN] = rand::random();
    let letters: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
    let (first, second) = letters.split_at(RECOVERY_CODE_LEN / 2);
    format!("{first}-{second}").into()
}

/// The form of a recovery code that is hashed.
pub fn canonical(code: &SecretString) -> String {
    code.expose_secret().replace('-', "")
}

/// When an offer made at this instant lapses.
pub fn offer_ends(created_at: Timestamp) -> Timestamp {
    created_at + OFFER_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Email {
        Email::try_from("ada+studio@example.com".to_owned()).unwrap()
    }

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_agree_with_the_standard() {
        let totp = totp(b"12345678901234567890".to_vec(), &email()).unwrap();
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(matching_step(&totp, code, Timestamp::from_second(second).unwrap()), Some(second / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let totp = totp(b"12345678901234567890".to_vec(), &email()).unwrap();
        let at = |second: i64| matching_step(&totp, "287082", Timestamp::from_second(second).unwrap());
        for (second, good) in [(0, true), (30, true), (89, true), (90, false), (120, false)] {
            assert_eq!(at(second).is_some(), good, "{second}");
        }
        assert_eq!(at(89), Some(1), "the step it is of, not the one it is presented in");
    }

    #[test]
    fn the_link_for_an_app_names_the_account_and_survives_its_signs() {
        let url = totp(vec![7; SECRET_LEN], &email()).unwrap().to_url().unwrap();
        assert!(url.starts_with("otpauth://totp/Roomtone:ada") && url.contains("issuer=Roomtone"), "{url}");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(Code::read(" 123 456 "), Some(Code::Totp("123456".into())));
        assert_eq!(Code::read("ABCDE-OIL89"), Some(Code::Recovery("abcde01189".into())));
        for nonsense in ["", "12345", "1234567", "abcde-fghju", "ａbcde-fghjk", &"1".repeat(65)] {
            assert_eq!(Code::read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_fresh_recovery_code_is_read_as_itself() {
        for _ in 0..100 {
            let code = new_recovery_code();
            assert_eq!(Code::read(code.expose_secret()), Some(Code::Recovery(canonical(&code))));
        }
    }
}
