//! Payments that settle with the company: the provider gives the company its share at once, and the platform the fee. Nothing of
//! them is pending or payable; what is commission and VAT is so once a booking has taken the payment.

use kernel::Currency;

use super::{
    AllocationError,
    commands::{Cause, ReceivedPayment, draft},
    model::PaymentPosition,
    refunds::RefundedPayment,
};
use crate::{
    accounts::Country,
    rules::{ApplicationFee, Cast, Parts, Split},
    transfers::{TransferDraft, TransferKind},
};

/// What the platform keeps of a payment that settles with the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanySettlement {
    pub fee: ApplicationFee,
    /// The whole payment enters the platform's balance at the provider and leaves it at once; else only the fee enters.
    pub passes_platform: bool,
}

/// The fee of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeePosition {
    pub settlement: CompanySettlement,
    /// What of it the platform has no more: it went back with refunds, or was given up for a lost dispute.
    pub returned: i64,
}

impl FeePosition {
    pub fn new(settlement: CompanySettlement) -> Self {
        Self { settlement, returned: 0 }
    }

    /// Takes `fee` more of the fee away, and answers the parts of `whole` with it. A lost dispute is reckoned without knowing
    /// of refunds that are heard of later, so that both together may come to a cent more than the fee.
    fn give_up(&mut self, whole: i64, fee: i64, currency: Currency) -> Result<Parts, AllocationError> {
        let all = self.settlement.fee;
        if !(0..=all.amount()).contains(&fee) {
            return Err(AllocationError::RefundedTooMuch);
        }
        self.returned = all.amount().min(self.returned + fee);
        Ok(all.parts(whole, (self.returned - fee, self.returned), currency)?)
    }
}

impl PaymentPosition {
    /// The booking takes the payment: what of the fee is earned, or `None` when that has been said before.
    pub fn earn_fee(&mut self, country: Country, currency: Currency) -> Result<Option<Parts>, AllocationError> {
        let (Some(FeePosition { settlement, returned }), None) = (self.fee, &self.split) else { return Ok(None) };
        let fee = settlement.fee;
        let parts = fee.parts(self.amount - self.refunded, (returned, fee.amount()), currency)?;
        self.split = Some((Split::restore(self.amount, fee.commission(), fee.tax())?, country));
        Ok(Some(parts))
    }

    /// Part of the payment goes back, and `fee` of the fee with it.
    pub fn refund_settled(&mut self, amount: i64, fee: i64, currency: Currency) -> Result<Parts, AllocationError> {
        let after = self.refunded.checked_add(amount).ok_or(AllocationError::Overflow)?;
        if amount <= 0 || after > self.amount {
            return Err(AllocationError::RefundedTooMuch);
        }
        let position = self.fee.as_mut().ok_or(AllocationError::Contradiction)?;
        let parts = position.give_up(amount, fee, currency)?;
        self.refunded = after;
        Ok(parts)
    }

    /// A lost dispute takes this much of what is left. Its part of the commission is given up, and the company owes the rest.
    pub(super) fn lose_settled(
        &mut self,
        amount: i64,
        currency: Currency,
    ) -> Result<(TransferKind, Parts), AllocationError> {
        let kind = self.kind(TransferKind::CompanyDisputeLost, TransferKind::UnallocatedCompanyDisputed);
        let after = self.refunded + amount;
        let position = self.fee.as_mut().ok_or(AllocationError::Contradiction)?;
        let fee = position.settlement.fee.back(after, self.amount, currency)? - position.returned;
        let parts = position.give_up(amount, fee.max(0), currency)?;
        self.refunded = after;
        Ok((kind, parts))
    }

    fn kind(&self, taken: TransferKind, unallocated: TransferKind) -> TransferKind {
        if self.split.is_some() { taken } else { unallocated }
    }
}

/// What a payment posts that settles with the company.
pub(super) fn received(
    fact: &ReceivedPayment,
    settlement: CompanySettlement,
) -> Result<Vec<TransferDraft>, AllocationError> {
    let currency = fact.amount.currency;
    let parts = settlement.fee.parts(fact.amount.amount, (0, settlement.fee.amount()), currency)?;
    let cast = Cast { provider: Some(fact.provider.clone()), ..Cast::new(currency) };
    let passing = [(TransferKind::PaymentReceived, "received"), (TransferKind::PaymentForwarded, "forwarded")];
    let fee = (TransferKind::ApplicationFeeReceived, "fee_received");
    passing
        .into_iter()
        .filter(|_| settlement.passes_platform)
        .chain([fee])
        .filter_map(|(kind, purpose)| draft(fact.cause(purpose), kind, &cast, parts).transpose())
        .collect()
}

/// What a refund of such a payment posts. Nobody says of which refund a part of the fee that went back is: it is known by the
/// payment.
pub(super) fn refunded(
    fact: &RefundedPayment,
    settlement: CompanySettlement,
    payment: &PaymentPosition,
    (cast, parts): (&Cast, Parts),
) -> Result<Vec<TransferDraft>, AllocationError> {
    let fee_kind = payment.kind(TransferKind::ApplicationFeeRefunded, TransferKind::UnallocatedFeeRefunded);
    let mut drafts = Vec::new();
    if settlement.passes_platform {
        drafts.extend(draft(fact.cause("forward_reversed"), TransferKind::ForwardReversed, cast, parts)?);
        drafts.extend(draft(fact.cause("refunded"), TransferKind::UnallocatedRefunded, cast, parts)?);
    }
    let by_payment = Cause { source: fact.payment_id.to_string(), ..fact.cause("fee_refunded") };
    drafts.extend(draft(by_payment, fee_kind, cast, parts)?);
    Ok(drafts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations::model::BookingShare;

    const EUR: Currency = Currency::EUR;

    fn country() -> Country {
        "DE".parse().unwrap()
    }

    fn position() -> PaymentPosition {
        let fee = ApplicationFee::restore(900, 171).unwrap();
        let settlement = CompanySettlement { fee, passes_platform: true };
        PaymentPosition { fee: Some(FeePosition::new(settlement)), ..PaymentPosition::new(10_710) }
    }

    fn platform(parts: Parts) -> (i64, i64) {
        (parts.commission, parts.tax)
    }

    #[test]
    fn the_fee_is_earned_once_and_only_as_far_as_it_is_left() {
        let mut payment = position();
        assert_eq!(platform(payment.earn_fee(country(), EUR).unwrap().unwrap()), (900, 171));
        assert_eq!(payment.earn_fee(country(), EUR).unwrap(), None);
        let mut late = position();
        assert_eq!(platform(late.refund_settled(3_570, 357, EUR).unwrap()), (300, 57));
        assert_eq!(platform(late.earn_fee(country(), EUR).unwrap().unwrap()), (600, 114));
    }

    #[test]
    fn more_than_was_paid_or_kept_never_goes_back() {
        let mut payment = position();
        for (amount, fee) in [(0, 0), (10_711, 1_071), (10_710, 1_072), (10, -1)] {
            assert!(payment.refund_settled(amount, fee, EUR).is_err(), "{amount} {fee}");
        }
        assert_eq!(payment, position(), "what was refused has changed nothing");
        assert!(PaymentPosition::new(10).refund_settled(1, 0, EUR).is_err(), "it has not settled with the company");
    }

    #[test]
    fn a_lost_dispute_is_owed_by_the_company_less_the_commission() {
        let mut booking = BookingShare::new(kernel::CompanyId::new(), EUR);
        let mut payment = position();
        let (kind, parts) = payment.lose(&mut booking, 10_710).unwrap().unwrap();
        assert_eq!(
            (kind, parts.company, platform(parts)),
            (TransferKind::UnallocatedCompanyDisputed, 9_639, (900, 171))
        );
        let mut payment = position();
        payment.earn_fee(country(), EUR).unwrap();
        assert_eq!(payment.at_stake(10_710, EUR).unwrap(), Parts::default(), "nothing to keep back");
        payment.refund_settled(3_570, 357, EUR).unwrap();
        let (kind, parts) = payment.lose(&mut booking, 10_710).unwrap().unwrap();
        assert_eq!((kind, parts.whole, platform(parts)), (TransferKind::CompanyDisputeLost, 7_140, (600, 114)));
        assert_eq!(payment.lose(&mut booking, 10_710).unwrap(), None);
        assert_eq!(booking.share, 0);
    }
}
