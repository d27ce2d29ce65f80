//! The signed form of a quote: its content and an HMAC-SHA-256 over it, both in base64url.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use kernel::{PromotionId, RoomId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{
    interval::Interval,
    prices::{engine::Price, model::AddOnChoice},
};

/// How long a quote is charged as it is.
pub const VALID_FOR: SignedDuration = SignedDuration::from_mins(15);

/// Tokens of our own making are far smaller.
const MAX_LENGTH: usize = 64 * 1024;

/// Signs and verifies quotes.
#[derive(Debug, Clone)]
pub struct QuoteKey(SecretString);

/// A quote with what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedQuote {
    pub room_id: RoomId,
    /// Rooms that are booked with the first one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_room_ids: Vec<RoomId>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Sorted.
    pub add_ons: Vec<AddOnChoice>,
    /// The version of the price list it was made by.
    pub price_version: i64,
    pub price: Price,
    #[serde(default)]
    pub promotion_id: Option<PromotionId>,
    pub expires_at: Timestamp,
}

/// What a booking that names a quote says itself. What it leaves out is as the quote says.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// In the order they were quoted in.
    pub room_ids: &'a [RoomId],
    pub interval: Interval,
    pub add_ons: Option<&'a [AddOnChoice]>,
    pub party_size: Option<i32>,
    /// In capitals.
    pub promotion_code: Option<&'a str>,
}

impl Expected<'_> {
    fn fits(&self, quote: &SignedQuote) -> bool {
        let Self { room_ids, interval, add_ons, party_size, promotion_code } = *self;
        std::iter::once(&quote.room_id).chain(&quote.further_room_ids).eq(room_ids)
            && quote.starts_at == interval.start()
            && quote.ends_at == interval.end()
            && add_ons.is_none_or(|choices| sorted(choices) == quote.add_ons)
            && (party_size.is_none() || party_size == quote.price.party_size)
            && (promotion_code.is_none() || promotion_code == quote.price.promotion_code.as_deref())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("this quote has expired")]
    Expired,
    #[error("this quote is not for this booking")]
    Mismatch,
}

impl QuoteKey {
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    pub fn sign(&self, quote: &SignedQuote) -> Result<String, serde_json::Error> {
        let content = serde_json::to_vec(quote)?;
        let seal = self.mac(&content).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        Ok(format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(content), BASE64_URL_SAFE_NO_PAD.encode(seal)))
    }

    /// The quote, where we signed it, it still counts, and it is for what is booked.
    pub fn redeem(&self, token: &str, expected: &Expected<'_>, now: Timestamp) -> Result<SignedQuote, TokenError> {
        let quote = self.verify(token).ok_or(TokenError::Mismatch)?;
        if !expected.fits(&quote) {
            return Err(TokenError::Mismatch);
        }
        if quote.expires_at <= now { Err(TokenError::Expired) } else { Ok(quote) }
    }

    fn verify(&self, token: &str) -> Option<SignedQuote> {
        let (content, seal) = token.split_once('.').filter(|_| token.len() <= MAX_LENGTH)?;
        let content = BASE64_URL_SAFE_NO_PAD.decode(content).ok()?;
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.mac(&content)?.verify_slice(&seal).ok()?;
        serde_json::from_slice(&content).ok()
    }

    /// HMAC takes keys of any length, so this is never `None`.
    fn mac(&self, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).ok()?;
        // The same secret signs nothing else by accident.
        mac.update(b"roomtone quote v1\0");
        mac.update(content);
        Some(mac)
    }
}

pub fn sorted(choices: &[AddOnChoice]) -> Vec<AddOnChoice> {
    let mut choices = choices.to_vec();
    choices.sort_unstable();
    choices
}

#[cfg(test)]
mod tests {
    use kernel::{AddOnId, Currency};

    use super::*;
    use crate::bookings::cancellation::CancellationPolicy;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn quote() -> SignedQuote {
        let zero = Currency::EUR.zero();
        let price = Price {
            lines: Vec::new(),
            subtotal: zero,
            tax: zero,
            total: zero,
            deposit_due: zero,
            cancellation_policy: CancellationPolicy::default(),
            party_size: Some(4),
            promotion_code: Some("SPRING".into()),
        };
        SignedQuote {
            room_id: RoomId::new(),
            further_room_ids: Vec::new(),
            starts_at: at("2027-03-05T10:00:00Z"),
            ends_at: at("2027-03-05T12:00:00Z"),
            add_ons: vec![AddOnChoice { id: AddOnId::new(), quantity: 2 }],
            price_version: 1,
            price,
            promotion_id: None,
            expires_at: at("2027-03-01T09:15:00Z"),
        }
    }

    fn key(secret: &str) -> QuoteKey {
        QuoteKey::new(secret.to_owned().into())
    }

    #[test]
    fn a_quote_counts_for_what_it_was_made_for_until_it_expires() {
        let (key, quote) = (key("a"), quote());
        let token = key.sign(&quote).unwrap();
        let interval = Interval::new(quote.starts_at, quote.ends_at).unwrap();
        let longer = interval.extended(60);
        let redeem = |expected: Expected<'_>, now| key.redeem(&token, &expected, at(now));
        let rooms = [quote.room_id];
        let (before, after) = ("2027-03-01T09:14:59Z", "2027-03-01T09:15:00Z");
        let bare = Expected { room_ids: &rooms, interval, add_ons: None, party_size: None, promotion_code: None };
        let add_ons = Some(quote.add_ons.as_slice());
        let full = Expected { add_ons, party_size: Some(4), promotion_code: Some("SPRING"), ..bare };
        assert_eq!(redeem(bare, before).as_ref(), Ok(&quote));
        assert_eq!(redeem(full, before).as_ref(), Ok(&quote));
        assert_eq!(redeem(bare, after), Err(TokenError::Expired));
        for other in [
            Expected { room_ids: &[RoomId::new()], ..bare },
            Expected { room_ids: &[quote.room_id, RoomId::new()], ..bare },
            Expected { interval: longer, ..bare },
            Expected { add_ons: Some(&[]), ..bare },
            Expected { party_size: Some(5), ..bare },
            Expected { promotion_code: Some("AUTUMN"), ..bare },
        ] {
            assert_eq!(redeem(other, before), Err(TokenError::Mismatch), "{other:?}");
        }
    }

    #[test]
    fn nobody_else_can_make_or_change_a_quote() {
        let quote = quote();
        let token = key("a").sign(&quote).unwrap();
        assert!(key("a").verify(&token).is_some());
        assert!(key("b").verify(&token).is_none());
        let mut cheaper = quote;
        cheaper.price_version = 2;
        let other = key("b").sign(&cheaper).unwrap();
        let mixed = format!("{}.{}", other.split_once('.').unwrap().0, token.split_once('.').unwrap().1);
        for forged in [mixed.as_str(), "", ".", "a.b", &token[1..], &token[..token.len() - 1]] {
            assert!(key("a").verify(forged).is_none(), "{forged}");
        }
    }
}
