//! Where a company is paid.

use kernel::{CompanyId, Currency, Money};
use providers::ProviderName;
use store::{Conn, Error};

use super::model::{NewPayout, Reason, Way};
use crate::{
    payout_accounts::{self, PayoutAccount},
    payout_receivers::{self, PayoutReceiver},
};

/// Somewhere that money can be sent to, and in which currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    company_id: CompanyId,
    provider: ProviderName,
    way: Way,
    pub currency: Currency,
}

/// The receiver that a company has named, else its account at Stripe. A receiver counts before it is confirmed, in so far as
/// nothing is paid elsewhere meanwhile.
pub async fn find_destination(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Destination>, Error> {
    if let Some(receiver) = payout_receivers::store::find_receiver(conn, company_id).await? {
        return Ok(Destination::of_receiver(receiver));
    }
    let account = payout_accounts::store::find_account(conn, company_id).await?;
    Ok(account.and_then(Destination::of_account))
}

impl Destination {
    fn of_receiver(receiver: PayoutReceiver) -> Option<Self> {
        receiver.confirmed_at?;
        Some(Self {
            company_id: receiver.company_id,
            provider: receiver.provider,
            way: Way::Receiver(Some(receiver.address.into())),
            currency: receiver.currency,
        })
    }

    fn of_account(account: PayoutAccount) -> Option<Self> {
        let provider_account_id = account.provider_account_id.clone().filter(|_| account.may_receive())?;
        Some(Self {
            company_id: account.company_id,
            provider: account.provider,
            way: Way::Account(provider_account_id),
            currency: account.currency?,
        })
    }

    pub fn payout_of(&self, amount: Money, reason: Reason) -> NewPayout {
        NewPayout { company_id: self.company_id, provider: self.provider, way: self.way.clone(), amount, reason }
    }
}
