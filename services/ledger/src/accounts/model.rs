//! Kinds, sides, owners, and what names one account; pure.

use std::str::FromStr;

use kernel::{AccountId, CompanyId, Currency, UserId};
use uuid::Uuid;

use super::AccountCode;

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
pub struct CodeError(pub(super) String);

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

impl ProviderCode {
    pub fn as_str(&self) -> &str {
        &self.0
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
