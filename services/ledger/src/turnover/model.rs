//! From sums of the book to the figures of a day; pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::Currency;
use serde::Serialize;

use crate::transfers::TransferKind;

/// Transfers of one kind and one currency that took effect on one day (UTC). What was reversed is taken off.
#[derive(Debug, Clone, Copy)]
pub struct DaySum {
    pub day: Date,
    pub currency: Currency,
    /// `None` for one that this version does not know.
    pub kind: Option<TransferKind>,
    pub count: i64,
    /// What they moved: the sum of their debits.
    pub amount: i64,
    /// Of it to `income:commission`; negative where it was given back. So are the next two.
    pub commission: i64,
    /// To `liabilities:tax:*`.
    pub tax: i64,
    /// To `expense:provider_fees`.
    pub provider_fees: i64,
}

/// How many, and how much in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Moved {
    pub count: i64,
    pub amount: i64,
}

/// The figures of one day in one currency, in its minor units.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Turnover {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    pub currency: Currency,
    /// Received through providers.
    pub payments: Moved,
    /// Taken at the desks of companies.
    pub desk_payments: Moved,
    pub refunds: Moved,
    /// Of refunds, what did not reach its customers.
    pub refunds_returned: Moved,
    pub desk_refunds: Moved,
    pub disputes_opened: Moved,
    pub disputes_won: Moved,
    pub disputes_lost: Moved,
    pub payouts: Moved,
    pub payouts_returned: Moved,
    /// Net, less what refunds gave back.
    pub commission: i64,
    /// VAT on the commission.
    pub tax: i64,
    pub provider_fees: i64,
}

impl Turnover {
    fn new(date: Date, currency: Currency) -> Self {
        let nothing = Moved::default();
        Self {
            date,
            currency,
            payments: nothing,
            desk_payments: nothing,
            refunds: nothing,
            refunds_returned: nothing,
            desk_refunds: nothing,
            disputes_opened: nothing,
            disputes_won: nothing,
            disputes_lost: nothing,
            payouts: nothing,
            payouts_returned: nothing,
            commission: 0,
            tax: 0,
            provider_fees: 0,
        }
    }

    fn add(&mut self, sum: &DaySum) {
        self.commission += sum.commission;
        self.tax += sum.tax;
        self.provider_fees += sum.provider_fees;
        if let Some(moved) = sum.kind.and_then(|kind| self.figure(kind)) {
            moved.count += sum.count;
            moved.amount += sum.amount;
        }
    }

    /// Where a kind of transfer is counted. What only moves money between accounts of the book is not.
    fn figure(&mut self, kind: TransferKind) -> Option<&mut Moved> {
        Some(match kind {
            TransferKind::PaymentReceived => &mut self.payments,
            TransferKind::DeskPaymentTaken => &mut self.desk_payments,
            TransferKind::PaymentRefunded | TransferKind::UnallocatedRefunded => &mut self.refunds,
            TransferKind::RefundReturned | TransferKind::UnallocatedRefundReturned => &mut self.refunds_returned,
            TransferKind::DeskPaymentReturned => &mut self.desk_refunds,
            TransferKind::DisputeOpened => &mut self.disputes_opened,
            TransferKind::DisputeWon => &mut self.disputes_won,
            TransferKind::DisputeLost
            | TransferKind::UnallocatedDisputed
            | TransferKind::CompanyDisputeLost
            | TransferKind::UnallocatedCompanyDisputed => &mut self.disputes_lost,
            TransferKind::Payout => &mut self.payouts,
            TransferKind::PayoutReturned => &mut self.payouts_returned,
            _ => return None,
        })
    }
}

/// The figures by day and currency, in this order; days on which nothing happened are left out.
pub fn turnover(sums: impl IntoIterator<Item = DaySum>) -> Vec<Turnover> {
    let mut days: BTreeMap<(Date, Currency), Turnover> = BTreeMap::new();
    for sum in sums {
        let key = (sum.day, sum.currency);
        days.entry(key).or_insert_with(|| Turnover::new(sum.day, sum.currency)).add(&sum);
    }
    days.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_add_up_by_day_and_currency() {
        let sum = |day: i8, currency, kind, amount, commission| DaySum {
            day: Date::constant(2027, 3, day),
            currency,
            kind: Some(kind),
            count: 1,
            amount,
            commission,
            tax: 0,
            provider_fees: 0,
        };
        let days = turnover([
            sum(2, Currency::EUR, TransferKind::PaymentReceived, 10_710, 0),
            sum(1, Currency::EUR, TransferKind::PaymentRefunded, 5_000, -400),
            sum(1, Currency::EUR, TransferKind::UnallocatedRefunded, 700, 0),
            sum(1, Currency::EUR, TransferKind::PaymentAllocated, 10_710, 900),
            sum(1, Currency::JPY, TransferKind::PaymentReceived, 4_000, 0),
        ]);
        let [refunds, yen, payment] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!((refunds.refunds, refunds.payments), (Moved { count: 2, amount: 5_700 }, Moved::default()));
        assert_eq!(refunds.commission, 500, "what was given back is taken off");
        assert_eq!((yen.currency, yen.payments.amount), (Currency::JPY, 4_000));
        assert_eq!(payment.payments, Moved { count: 1, amount: 10_710 });
    }
}
