//! What an event changes about a booking's money; pure.

use kernel::{CompanyId, Currency};

use super::{AllocationError, settlement::FeePosition};
use crate::{
    accounts::Country,
    rules::{Parts, Split},
    transfers::TransferKind,
};

/// The company's share of one booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingShare {
    pub company_id: CompanyId,
    pub currency: Currency,
    pub share: i64,
    pub completed: bool,
}

impl BookingShare {
    pub fn new(company_id: CompanyId, currency: Currency) -> Self {
        Self { company_id, currency, share: 0, completed: false }
    }

    fn add(&mut self, company: i64) -> Result<(), AllocationError> {
        self.share = self.share.checked_add(company).ok_or(AllocationError::Overflow)?;
        Ok(())
    }

    /// The booking is over: what is to be released, or `None` when that has been said before.
    pub fn complete(&mut self) -> Option<Parts> {
        if std::mem::replace(&mut self.completed, true) { None } else { Some(Parts::whole(self.share)) }
    }
}

/// One payment of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPosition {
    pub amount: i64,
    /// What has gone back, by refunds and by disputes that were lost.
    pub refunded: i64,
    /// Set once the booking has taken the payment.
    pub split: Option<(Split, Country)>,
    /// What the platform keeps of it, where it has settled with the company: nothing of it is the company's here then.
    pub fee: Option<FeePosition>,
}

impl PaymentPosition {
    pub fn new(amount: i64) -> Self {
        Self { amount, refunded: 0, split: None, fee: None }
    }

    /// The booking takes the payment: what of it is to be allocated, or `None` when that has been said before.
    pub fn take(
        &mut self,
        booking: &mut BookingShare,
        split: Split,
        country: Country,
    ) -> Result<Option<Parts>, AllocationError> {
        if split.parts().whole != self.amount {
            return Err(AllocationError::OtherAmount);
        }
        if self.split.is_some() {
            return Ok(None);
        }
        let parts = split.left(self.refunded, booking.currency)?;
        booking.add(parts.company)?;
        self.split = Some((split, country));
        Ok(Some(parts))
    }

    /// Part of the payment goes back: from where, and which parts.
    pub fn refund(
        &mut self,
        booking: &mut BookingShare,
        amount: i64,
    ) -> Result<(TransferKind, Parts), AllocationError> {
        let after = self.refunded.checked_add(amount).ok_or(AllocationError::Overflow)?;
        if amount <= 0 || after > self.amount {
            return Err(AllocationError::RefundedTooMuch);
        }
        let before = std::mem::replace(&mut self.refunded, after);
        let Some((split, _)) = &self.split else {
            return Ok((TransferKind::UnallocatedRefunded, Parts::whole(amount)));
        };
        let parts = split.between(before, after, booking.currency)?;
        booking.add(-parts.company)?;
        Ok((TransferKind::PaymentRefunded, parts))
    }

    /// Money that had gone back came back: to where, and which parts.
    pub fn return_refund(
        &mut self,
        booking: &mut BookingShare,
        amount: i64,
    ) -> Result<(TransferKind, Parts), AllocationError> {
        if amount <= 0 || amount > self.refunded {
            return Err(AllocationError::ReturnedTooMuch);
        }
        let after = self.refunded - amount;
        let before = std::mem::replace(&mut self.refunded, after);
        let Some((split, _)) = &self.split else {
            return Ok((TransferKind::UnallocatedRefundReturned, Parts::whole(amount)));
        };
        let parts = split.between(after, before, booking.currency)?;
        booking.add(parts.company)?;
        Ok((TransferKind::RefundReturned, parts))
    }

    /// A dispute about the payment is lost: from where it takes, and which parts. It takes no more than is left; `None`
    /// where nothing is.
    pub fn lose(
        &mut self,
        booking: &mut BookingShare,
        amount: i64,
    ) -> Result<Option<(TransferKind, Parts)>, AllocationError> {
        let left = amount.min(self.amount - self.refunded);
        if left == 0 {
            return Ok(None);
        }
        if self.fee.is_some() {
            return self.lose_settled(left, booking.currency).map(Some);
        }
        let kind = if self.split.is_some() { TransferKind::DisputeLost } else { TransferKind::UnallocatedDisputed };
        let (_, parts) = self.refund(booking, left)?;
        Ok(Some((kind, parts)))
    }

    /// What would go back of each part if a dispute about so much were lost now; nothing before the booking has taken it, and
    /// nothing of what the company has already.
    pub fn at_stake(&self, amount: i64, currency: Currency) -> Result<Parts, AllocationError> {
        let (Some((split, _)), None) = (&self.split, &self.fee) else { return Ok(Parts::default()) };
        let after = self.amount.min(self.refunded.saturating_add(amount));
        Ok(split.between(self.refunded, after, currency)?)
    }
}

#[cfg(test)]
mod tests;
