//! A receiver and how it is confirmed; pure.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, Currency, PayoutReceiverId, UserId};
use providers::ProviderName;

use super::address::ReceiverAddress;

/// How long the link of a mail works.
const SECRET_LIVES_FOR: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutReceiver {
    pub id: PayoutReceiverId,
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub address: ReceiverAddress,
    /// In which the company is paid.
    pub currency: Currency,
    pub secret: Option<Secret>,
    pub confirmed_at: Option<Timestamp>,
    pub named_by: UserId,
    pub named_at: Timestamp,
}

/// What was mailed last, as its hash: of several mails only the newest link works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub hash: Vec<u8>,
    pub until: Timestamp,
}

/// Whose address, and in which currency.
#[derive(Debug, Clone)]
pub struct NewReceiver {
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub address: ReceiverAddress,
    pub currency: Currency,
    pub named_by: UserId,
}

/// Why a link confirms nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unconfirmed {
    #[error("the link is not the newest one that was mailed to this address")]
    WrongSecret,
    #[error("the link has lapsed")]
    Lapsed,
}

impl PayoutReceiver {
    pub fn new(new: NewReceiver, now: Timestamp) -> Self {
        Self {
            id: PayoutReceiverId::new(),
            company_id: new.company_id,
            provider: new.provider,
            address: new.address,
            currency: new.currency,
            secret: None,
            confirmed_at: None,
            named_by: new.named_by,
            named_at: now,
        }
    }

    /// A secret is about to be mailed; nothing where none is needed.
    pub fn mint(&mut self, hash: Vec<u8>, now: Timestamp) -> bool {
        let is_open = self.confirmed_at.is_none();
        if is_open {
            self.secret = Some(Secret { hash, until: now + SECRET_LIVES_FOR });
        }
        is_open
    }

    /// Somebody has followed the link. True where that is news.
    pub fn confirm(&mut self, hash: &[u8], now: Timestamp) -> Result<bool, Unconfirmed> {
        if self.confirmed_at.is_some() {
            return Ok(false);
        }
        let secret = self.secret.as_ref().filter(|secret| secret.hash == hash).ok_or(Unconfirmed::WrongSecret)?;
        if secret.until <= now {
            return Err(Unconfirmed::Lapsed);
        }
        self.secret = None;
        self.confirmed_at = Some(now);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn receiver() -> PayoutReceiver {
        let new = NewReceiver {
            company_id: CompanyId::new(),
            provider: ProviderName::Paypal,
            address: ReceiverAddress::parse("studio@example.com").unwrap(),
            currency: Currency::EUR,
            named_by: UserId::new(),
        };
        PayoutReceiver::new(new, at(0))
    }

    #[test]
    fn only_the_newest_link_confirms_and_only_in_time() {
        let mut receiver = receiver();
        assert_eq!(receiver.confirm(b"first", at(1)), Err(Unconfirmed::WrongSecret), "nothing was mailed");
        assert!(receiver.mint(b"first".to_vec(), at(1)) && receiver.mint(b"second".to_vec(), at(2)));
        assert_eq!(receiver.confirm(b"first", at(3)), Err(Unconfirmed::WrongSecret));
        assert_eq!(receiver.confirm(b"second", at(2 + 86_400)), Err(Unconfirmed::Lapsed));
        assert_eq!(receiver.confirm(b"second", at(1 + 86_400)), Ok(true));
        assert_eq!(receiver.confirm(b"second", at(2 + 86_400)), Ok(false), "it is confirmed already");
        assert!(!receiver.mint(b"third".to_vec(), at(9)), "no mail is needed any more");
        assert_eq!((receiver.secret, receiver.confirmed_at), (None, Some(at(1 + 86_400))));
    }
}
