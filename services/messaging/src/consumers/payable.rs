//! What billing's events say about who paid for what.

use contracts::billing::v1::Payable;
use events::HandlerError;
use kernel::{BookingId, Money, UserId};

use crate::{bookings::account, mails::Recipient};

/// Who paid, and the booking it was for, where it was for one.
pub struct Payer {
    /// `None` for somebody without an account.
    pub user_id: Option<UserId>,
    pub booking_id: Option<BookingId>,
}

impl TryFrom<Option<Payable>> for Payer {
    type Error = HandlerError;

    fn try_from(payable: Option<Payable>) -> Result<Self, HandlerError> {
        let payable = payable.ok_or_else(|| HandlerError::rejected("the event has no payable"))?;
        let is_booking = payable.r#type == "booking";
        Ok(Self {
            user_id: account(&payable.customer_user_id).map_err(HandlerError::rejected)?,
            booking_id: is_booking.then(|| payable.id.parse()).transpose().map_err(HandlerError::rejected)?,
        })
    }
}

impl Payer {
    /// Somebody without an account is written to where staff have noted an address.
    pub fn recipient(&self) -> Option<Recipient> {
        self.user_id.map(Recipient::User).or(self.booking_id.map(Recipient::Guest))
    }
}

pub fn money(amount: i64, currency: &str) -> Result<Money, HandlerError> {
    Ok(Money::new(amount, currency.parse().map_err(HandlerError::rejected)?))
}
