//! With whom a payment is to settle.
//!
//! What a company wants holds where its account at the payment's provider can take charges at that moment; otherwise the platform
//! takes the money and holds it, so that a company whose account was switched off goes on selling.

use ::store::{Conn, Error};
use commission::{ApplicationFee, Rate, Rates, Split, SplitError, standard_rate};
use kernel::{CompanyId, Currency, Money};
use providers::ProviderName;

use super::store;
use crate::{
    connections,
    payables::Payable,
    payments::{CompanySettlement, Settlement},
    payout_accounts,
};

/// Decides it for a new payment, with the platform's fee.
pub async fn settle_in_tx(
    conn: &mut Conn,
    payable: &Payable,
    (provider, amount): (ProviderName, Money),
    commission: Rate,
) -> Result<Option<CompanySettlement>, Error> {
    if store::find_settings(conn, payable.company_id).await?.settlement == Settlement::Platform {
        return Ok(None);
    }
    let account = charging_account(conn, payable.company_id, provider, Some(amount.currency)).await?;
    let Some(account_id) = account else { return Ok(None) };
    match fee(payable, amount, commission) {
        Ok(fee) => Ok(Some(CompanySettlement::new(account_id, fee))),
        Err(error) => {
            tracing::error!(company_id = %payable.company_id, %error, "no fee can be reckoned: the platform takes the payment");
            Ok(None)
        }
    }
}

/// Commission of the net part of the payment, and the VAT on it: what the ledger takes of payments that the platform holds.
fn fee(payable: &Payable, amount: Money, commission: Rate) -> Result<ApplicationFee, SplitError> {
    let rates = Rates { commission: commission.percent(), vat: standard_rate(&payable.company_country) };
    ApplicationFee::of(Split::new(amount, payable.subtotal, payable.total, rates)?)
}

/// The company's account at a provider, where it can take charges; of one whose currency we know, in that currency only.
pub async fn charging_account(
    conn: &mut Conn,
    company_id: CompanyId,
    provider: ProviderName,
    currency: Option<Currency>,
) -> Result<Option<String>, Error> {
    match provider {
        ProviderName::Stripe => {
            let account = payout_accounts::store::find_account(conn, company_id).await?;
            let fits = |account: &payout_accounts::PayoutAccount| {
                account.may_take_charges() && currency.is_none_or(|currency| account.currency == Some(currency))
            };
            Ok(account.filter(fits).and_then(|account| account.provider_account_id))
        }
        ProviderName::Square => connections::live_merchant(conn, company_id).await,
        ProviderName::Paypal => Ok(None),
    }
}
