//! The chart of accounts.

use std::{fmt, str::FromStr};

use kernel::{CompanyId, Currency, UserId};

use super::{AccountKey, AccountKind, Country, Owner, ProviderCode, model::CodeError};

/// An account of the chart; with a currency it is one account of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCode {
    /// What a provider holds for us.
    Provider(ProviderCode),
    Bank,
    /// Between currencies: what was taken in one and has not been given in it. See [`super::AccountKind`].
    Position,
    /// Money taken at a company's desk.
    Cash(CompanyId),
    /// What a company owes us.
    Receivable(CompanyId),
    /// Received, and not yet known for what.
    Unallocated,
    /// A company's share of bookings that are not over yet.
    CompanyPending(CompanyId),
    /// What a company can have paid out.
    CompanyPayable(CompanyId),
    /// Kept back from a company against refunds and disputes to come.
    CompanyReserve(CompanyId),
    CustomerWallet(UserId),
    CustomerCredits(UserId),
    /// The platform's own VAT.
    Tax(Country),
    Commission,
    Subscriptions,
    Overage,
    /// Credits that nobody used in time.
    Breakage,
    ProviderFees,
    Disputes,
    /// Credits that were given and not bought.
    CreditsGiven,
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(provider) => write!(f, "assets:provider:{}", provider.as_str()),
            Self::Bank => f.write_str("assets:bank"),
            Self::Position => f.write_str("assets:position"),
            Self::Cash(company) => write!(f, "assets:cash:company:{company}"),
            Self::Receivable(company) => write!(f, "assets:receivable:company:{company}"),
            Self::Unallocated => f.write_str("liabilities:unallocated"),
            Self::CompanyPending(company) => write!(f, "liabilities:company:{company}:pending"),
            Self::CompanyPayable(company) => write!(f, "liabilities:company:{company}:payable"),
            Self::CompanyReserve(company) => write!(f, "liabilities:company:{company}:reserve"),
            Self::CustomerWallet(user) => write!(f, "liabilities:customer:{user}:wallet"),
            Self::CustomerCredits(user) => write!(f, "liabilities:customer:{user}:credits"),
            Self::Tax(country) => write!(f, "liabilities:tax:{}", country.as_str()),
            Self::Commission => f.write_str("income:commission"),
            Self::Subscriptions => f.write_str("income:subscriptions"),
            Self::Overage => f.write_str("income:overage"),
            Self::Breakage => f.write_str("income:breakage"),
            Self::ProviderFees => f.write_str("expense:provider_fees"),
            Self::Disputes => f.write_str("expense:disputes"),
            Self::CreditsGiven => f.write_str("expense:credits_given"),
        }
    }
}

impl FromStr for AccountCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bad = || CodeError(text.to_owned());
        let company = |id: &str| id.parse::<CompanyId>().map_err(|_| bad());
        let user = |id: &str| id.parse::<UserId>().map_err(|_| bad());
        let parts: Vec<&str> = text.split(':').collect();
        Ok(match parts.as_slice() {
            ["assets", "provider", provider] => Self::Provider(provider.parse()?),
            ["assets", "bank"] => Self::Bank,
            ["assets", "position"] => Self::Position,
            ["assets", "cash", "company", id] => Self::Cash(company(id)?),
            ["assets", "receivable", "company", id] => Self::Receivable(company(id)?),
            ["liabilities", "unallocated"] => Self::Unallocated,
            ["liabilities", "company", id, "pending"] => Self::CompanyPending(company(id)?),
            ["liabilities", "company", id, "payable"] => Self::CompanyPayable(company(id)?),
            ["liabilities", "company", id, "reserve"] => Self::CompanyReserve(company(id)?),
            ["liabilities", "customer", id, "wallet"] => Self::CustomerWallet(user(id)?),
            ["liabilities", "customer", id, "credits"] => Self::CustomerCredits(user(id)?),
            ["liabilities", "tax", country] => Self::Tax(country.parse()?),
            ["income", "commission"] => Self::Commission,
            ["income", "subscriptions"] => Self::Subscriptions,
            ["income", "overage"] => Self::Overage,
            ["income", "breakage"] => Self::Breakage,
            ["expense", "provider_fees"] => Self::ProviderFees,
            ["expense", "disputes"] => Self::Disputes,
            ["expense", "credits_given"] => Self::CreditsGiven,
            _ => return Err(bad()),
        })
    }
}

impl AccountCode {
    pub fn kind(&self) -> AccountKind {
        match self {
            Self::Provider(_) | Self::Bank | Self::Position | Self::Cash(_) | Self::Receivable(_) => AccountKind::Asset,
            Self::Unallocated
            | Self::CompanyPending(_)
            | Self::CompanyPayable(_)
            | Self::CompanyReserve(_)
            | Self::CustomerWallet(_)
            | Self::CustomerCredits(_)
            | Self::Tax(_) => AccountKind::Liability,
            Self::Commission | Self::Subscriptions | Self::Overage | Self::Breakage => AccountKind::Income,
            Self::ProviderFees | Self::Disputes | Self::CreditsGiven => AccountKind::Expense,
        }
    }

    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Cash(company)
            | Self::Receivable(company)
            | Self::CompanyPending(company)
            | Self::CompanyPayable(company)
            | Self::CompanyReserve(company) => Some(Owner::Company(*company)),
            Self::CustomerWallet(user) | Self::CustomerCredits(user) => Some(Owner::User(*user)),
            _ => None,
        }
    }

    /// A customer never spends what is not there, and no more is taken out of a reserve than was put in. Clearing
    /// accounts have no floor: their events may arrive in any order, and a refund may take a company's account below zero.
    pub fn floor(&self) -> Option<i64> {
        match self {
            Self::CustomerWallet(_) | Self::CustomerCredits(_) | Self::CompanyReserve(_) => Some(0),
            _ => None,
        }
    }

    /// The number of the account in a bookkeeper's chart with four digits (the layout of SKR 03), for exports.
    pub fn number(&self) -> u16 {
        match self {
            Self::Bank => 1200,
            Self::Provider(_) => 1360,
            Self::Position => 1370,
            Self::Cash(_) => 1000,
            Self::Receivable(_) => 1400,
            Self::Unallocated => 1590,
            Self::CompanyPending(_) => 1700,
            Self::CompanyPayable(_) => 1701,
            Self::CompanyReserve(_) => 1702,
            Self::CustomerWallet(_) => 1710,
            Self::CustomerCredits(_) => 1711,
            Self::Tax(_) => 1776,
            Self::Commission => 8510,
            Self::Subscriptions => 8400,
            Self::Overage => 8401,
            Self::Breakage => 8590,
            Self::ProviderFees => 4970,
            Self::Disputes => 2400,
            Self::CreditsGiven => 4630,
        }
    }

    pub fn in_currency(self, currency: Currency) -> AccountKey {
        AccountKey::new(self, currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn chart() -> Vec<AccountCode> {
        use AccountCode::*;
        let (company, user) = (CompanyId::new(), UserId::new());
        vec![
            Provider("stripe".parse().unwrap()),
            Bank,
            Position,
            Cash(company),
            Receivable(company),
            Unallocated,
            CompanyPending(company),
            CompanyPayable(company),
            CompanyReserve(company),
            CustomerWallet(user),
            CustomerCredits(user),
            Tax("DE".parse().unwrap()),
            Commission,
            Subscriptions,
            Overage,
            Breakage,
            ProviderFees,
            Disputes,
            CreditsGiven,
        ]
    }

    #[test]
    fn every_code_is_read_back_as_it_was_written() {
        for code in chart() {
            assert_eq!(code.to_string().parse(), Ok(code));
        }
    }

    #[test]
    fn every_account_has_a_number_of_its_own() {
        let mut numbers: Vec<u16> = chart().iter().map(AccountCode::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), chart().len());
        assert!(numbers.iter().all(|number| (1000..10_000).contains(number)));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let user = UserId::new();
        for text in
            ["", "assets", "assets:bank:x", "income:tips", "assets:provider:", "liabilities:company:com_x:pending"]
        {
            assert!(text.parse::<AccountCode>().is_err(), "{text}");
        }
        assert!(format!("liabilities:company:{user}:pending").parse::<AccountCode>().is_err());
    }

    #[test]
    fn the_currency_is_part_of_an_accounts_identity() {
        let euros = AccountCode::Commission.in_currency(Currency::EUR);
        assert_eq!(euros.id(), AccountCode::Commission.in_currency(Currency::EUR).id());
        assert_ne!(euros.id(), AccountCode::Commission.in_currency(Currency::GBP).id());
        assert_ne!(euros.id(), AccountCode::Overage.in_currency(Currency::EUR).id());
    }

    #[test]
    fn a_code_cannot_be_smuggled_into_another() {
        for text in ["", "stripe:x", "Stripe", "a|EUR", &"x".repeat(33)] {
            assert!(text.parse::<ProviderCode>().is_err(), "{text}");
        }
        for text in ["", "de", "DEU", "D:", "D1"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }
}
