//! With whom a payment settles: the platform, which holds the money until it pays the company out, or the company itself, which
//! the provider gives its share at once. It is fixed when the payment is made.

use commission::{ApplicationFee, SplitError};
use kernel::Money;
use providers::{Destination, ProviderName};
use serde::{Deserialize, Serialize};

use super::Payment;

/// What a company wants of its payments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The platform holds the money, and pays the company out.
    #[default]
    Platform,
    /// The company has the money at once, less the platform's fee.
    Company,
}

impl Settlement {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Company => "company",
        }
    }

    /// As it stands in the database, which allows no other names.
    pub fn by_name(name: &str) -> Self {
        if name == "company" { Self::Company } else { Self::Platform }
    }
}

/// A payment's settlement with its company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanySettlement {
    /// The provider's id of the company's account.
    pub account_id: String,
    /// What the platform keeps. Nobody reckons it again: the provider is told this, and the ledger too.
    pub fee: ApplicationFee,
    /// What of the fee has gone back, or is promised to refunds under way.
    pub returned: i64,
}

impl CompanySettlement {
    pub fn new(account_id: String, fee: ApplicationFee) -> Self {
        Self { account_id, fee, returned: 0 }
    }

    pub fn destination(&self, amount: Money) -> Destination {
        let application_fee = Money::new(self.fee.amount(), amount.currency);
        Destination { account_id: self.account_id.clone(), application_fee }
    }
}

impl Payment {
    pub fn settlement(&self) -> Settlement {
        if self.company_settlement.is_some() { Settlement::Company } else { Settlement::Platform }
    }

    /// Promises to a refund, which was just promised its part of the money, its part of the platform's fee. `None` where
    /// the platform holds the money. Whatever the order in which refunds are made and fail, those of a whole payment give
    /// the whole fee back.
    pub fn reserve_fee(&mut self) -> Result<Option<Money>, SplitError> {
        let promised = self.refunded + self.refunding;
        let (captured, currency) = (self.captured, self.amount.currency);
        let Some(settled) = &mut self.company_settlement else { return Ok(None) };
        let back = settled.fee.back(promised, captured, currency)?;
        let fee = (back - settled.returned).max(0);
        settled.returned += fee;
        Ok(Some(Money::new(fee, currency)))
    }

    /// A promised refund will not go back, and nothing of the fee with it.
    pub fn release_fee(&mut self, fee: Option<Money>) {
        if let (Some(settled), Some(fee)) = (&mut self.company_settlement, fee) {
            settled.returned -= fee.amount;
        }
    }

    /// As the others are told.
    pub fn told_settlement(&self) -> Option<contracts::billing::v1::CompanySettlement> {
        self.company_settlement.as_ref().map(|settled| contracts::billing::v1::CompanySettlement {
            commission: settled.fee.commission(),
            tax: settled.fee.tax(),
            // Stripe charges the customer on the platform's account, Square on the company's.
            passes_platform: self.provider == ProviderName::Stripe,
        })
    }
}

/// As it stands in the database.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredSettlement {
    account_id: String,
    commission: i64,
    tax: i64,
    returned: i64,
}

impl From<&CompanySettlement> for StoredSettlement {
    fn from(settled: &CompanySettlement) -> Self {
        Self {
            account_id: settled.account_id.clone(),
            commission: settled.fee.commission(),
            tax: settled.fee.tax(),
            returned: settled.returned,
        }
    }
}

impl TryFrom<StoredSettlement> for CompanySettlement {
    type Error = SplitError;

    fn try_from(stored: StoredSettlement) -> Result<Self, SplitError> {
        let fee = ApplicationFee::restore(stored.commission, stored.tax)?;
        Ok(Self { account_id: stored.account_id, fee, returned: stored.returned })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use kernel::{BookingId, CompanyId, Currency};
    use proptest::prelude::*;

    use super::*;
    use crate::{payables::PayableRef, payments::model::NewPayment};

    fn captured(fee: i64) -> Payment {
        let new = NewPayment {
            payable: PayableRef::Booking(BookingId::new()),
            company_id: CompanyId::new(),
            customer_user_id: None,
            provider: ProviderName::Stripe,
            amount: Money::new(10_710, Currency::EUR),
            settlement: Some(CompanySettlement::new("acct_1".into(), ApplicationFee::restore(fee, 0).unwrap())),
            authorization: None,
            commission: None,
        };
        Payment { captured: 10_710, ..Payment::new(new, Timestamp::UNIX_EPOCH) }
    }

    #[test]
    fn a_payment_that_the_platform_holds_gives_no_fee_back() {
        let mut payment = Payment { company_settlement: None, ..captured(0) };
        payment.reserve_refund(100).unwrap();
        assert_eq!(payment.reserve_fee().unwrap(), None);
        payment.release_fee(None);
        assert_eq!((payment.settlement(), payment.told_settlement()), (Settlement::Platform, None));
    }

    #[test]
    fn names_survive_the_database() {
        for settlement in [Settlement::Platform, Settlement::Company] {
            assert_eq!(Settlement::by_name(settlement.as_str()), settlement);
        }
    }

    proptest! {
        #[test]
        fn refunds_of_the_whole_payment_give_the_whole_fee_back(
            fee in 0..5_000_i64, wishes in prop::collection::vec((1..4_000_i64, any::<bool>()), 0..12),
        ) {
            let mut payment = captured(fee);
            let mut back = 0;
            for (amount, succeeds) in wishes.into_iter().chain([(10_710, true)]) {
                let amount = amount.min(payment.left().amount);
                if amount == 0 {
                    break;
                }
                payment.reserve_refund(amount).unwrap();
                let part = payment.reserve_fee().unwrap();
                if succeeds {
                    payment.settle_refund(amount);
                    back += part.unwrap().amount;
                } else {
                    payment.release_refund(amount);
                    payment.release_fee(part);
                }
            }
            prop_assert_eq!(back, fee);
            prop_assert_eq!(payment.company_settlement.unwrap().returned, fee);
        }
    }
}
