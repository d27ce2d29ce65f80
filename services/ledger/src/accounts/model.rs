//! Codes, kinds and sides; pure.

use std::{fmt, str::FromStr};

use kernel::{AccountId, CompanyId, Currency, UserId};
use uuid::Uuid;

/// Account ids are UUIDv5 of `code` and currency in this namespace, so that a transfer can name, sort and lock its
/// accounts without looking them up.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_5b0e_6d0c_4c39_9a54_7b1f_3d0a_11e7);

/// What an account measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    Asset,
    Liability,
    Income,
    Expense,
}

impl AccountKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// The side on which its balance grows.
    pub fn normal_side(self) -> Side {
        match self {
            Self::Asset | Self::Expense => Side::Debit,
            Self::Liability | Self::Income => Side::Credit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Debit,
    Credit,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }

    pub fn parse(text: &str) -> Self {
        // The column is checked to be one of the two.
        if text == "debit" { Self::Debit } else { Self::Credit }
    }
}

/// A payment provider as it stands in a code: `stripe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCode(String);

/// A country as it stands in a code: ISO 3166-1 alpha-2, `DE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country(String);

/// The text cannot be part of an account's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be part of an account code")]
pub struct CodeError(String);

impl FromStr for ProviderCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let valid = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if valid { Ok(Self(text.to_owned())) } else { Err(CodeError(text.to_owned())) }
    }
}

impl FromStr for Country {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let valid = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        if valid { Ok(Self(text.to_owned())) } else { Err(CodeError(text.to_owned())) }
    }
}

impl Country {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose money an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Company(CompanyId),
    User(UserId),
}

impl Owner {
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Company(_) => "company",
            Self::User(_) => "user",
        }
    }

    pub fn uuid(self) -> Uuid {
        match self {
            Self::Company(id) => id.uuid(),
            Self::User(id) => id.uuid(),
        }
    }

    pub fn parse(type_name: &str, uuid: Uuid) -> Self {
        match type_name {
            "company" => Self::Company(CompanyId::from_uuid(uuid)),
            _ => Self::User(UserId::from_uuid(uuid)),
        }
    }
}

/// The chart of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCode {
    /// What a provider holds for us.
    Provider(ProviderCode),
    Bank,
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
    CustomerWallet(UserId),
    CustomerCredits(UserId),
    /// The platform's own VAT.
    Tax(Country),
    Commission,
    Subscriptions,
    Overage,
    Breakage,
    ProviderFees,
    Disputes,
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(provider) => write!(f, "assets:provider:{}", provider.0),
            Self::Bank => f.write_str("assets:bank"),
            Self::Cash(company) => write!(f, "assets:cash:company:{company}"),
            Self::Receivable(company) => write!(f, "assets:receivable:company:{company}"),
            Self::Unallocated => f.write_str("liabilities:unallocated"),
            Self::CompanyPending(company) => write!(f, "liabilities:company:{company}:pending"),
            Self::CompanyPayable(company) => write!(f, "liabilities:company:{company}:payable"),
            Self::CustomerWallet(user) => write!(f, "liabilities:customer:{user}:wallet"),
            Self::CustomerCredits(user) => write!(f, "liabilities:customer:{user}:credits"),
            Self::Tax(country) => write!(f, "liabilities:tax:{}", country.0),
            Self::Commission => f.write_str("income:commission"),
            Self::Subscriptions => f.write_str("income:subscriptions"),
            Self::Overage => f.write_str("income:overage"),
            Self::Breakage => f.write_str("income:breakage"),
            Self::ProviderFees => f.write_str("expense:provider_fees"),
            Self::Disputes => f.write_str("expense:disputes"),
        }
    }
}

impl AccountCode {
    pub fn kind(&self) -> AccountKind {
        match self {
            Self::Provider(_) | Self::Bank | Self::Cash(_) | Self::Receivable(_) => AccountKind::Asset,
            Self::Unallocated
            | Self::CompanyPending(_)
            | Self::CompanyPayable(_)
            | Self::CustomerWallet(_)
            | Self::CustomerCredits(_)
            | Self::Tax(_) => AccountKind::Liability,
            Self::Commission | Self::Subscriptions | Self::Overage | Self::Breakage => AccountKind::Income,
            Self::ProviderFees | Self::Disputes => AccountKind::Expense,
        }
    }

    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Cash(company)
            | Self::Receivable(company)
            | Self::CompanyPending(company)
            | Self::CompanyPayable(company) => Some(Owner::Company(*company)),
            Self::CustomerWallet(user) | Self::CustomerCredits(user) => Some(Owner::User(*user)),
            _ => None,
        }
    }

    /// A customer never spends what is not there. Clearing accounts have no floor: their events may arrive in any
    /// order, and a refund may take a company's account below zero.
    pub fn floor(&self) -> Option<i64> {
        match self {
            Self::CustomerWallet(_) | Self::CustomerCredits(_) => Some(0),
            _ => None,
        }
    }

    pub fn in_currency(self, currency: Currency) -> AccountKey {
        AccountKey::new(self, currency)
    }
}

/// One account: a code in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    id: AccountId,
    code: AccountCode,
    currency: Currency,
}

impl AccountKey {
    pub fn new(code: AccountCode, currency: Currency) -> Self {
        let id = Uuid::new_v5(&NAMESPACE, format!("{code}|{currency}").as_bytes());
        Self { id: AccountId::from_uuid(id), code, currency }
    }

    pub fn id(&self) -> AccountId {
        self.id
    }

    pub fn code(&self) -> &AccountCode {
        &self.code
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_currency_is_part_of_an_accounts_identity() {
        let euros = AccountCode::Commission.in_currency(Currency::EUR);
        assert_eq!(euros.id(), AccountCode::Commission.in_currency(Currency::EUR).id());
        assert_ne!(euros.id(), AccountCode::Commission.in_currency(Currency::GBP).id());
        assert_ne!(euros.id(), AccountCode::Overage.in_currency(Currency::EUR).id());
    }

    #[test]
    fn codes_read_as_in_the_chart() {
        let company = CompanyId::new();
        assert_eq!(AccountCode::Provider("stripe".parse().unwrap()).to_string(), "assets:provider:stripe");
        assert_eq!(AccountCode::Tax("DE".parse().unwrap()).to_string(), "liabilities:tax:DE");
        assert_eq!(AccountCode::CompanyPending(company).to_string(), format!("liabilities:company:{company}:pending"));
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
