//! Posting rules: which entries a business event makes. [`RULES`] is the whole table; everything else here only
//! reads it.
//!
//! | business event | debit | credit |
//! |---|---|---|
//! | a payment succeeds | `assets:provider:<name>` | `liabilities:unallocated` |
//! | a booking takes it | `liabilities:unallocated` | the company's share, `income:commission`, `liabilities:tax:<country>` |
//! | what a booking took is refunded | the company's share, `income:commission`, `liabilities:tax:<country>` | `assets:provider:<name>` |
//! | what no booking took is refunded | `liabilities:unallocated` | `assets:provider:<name>` |
//! | a booking is over | `liabilities:company:<id>:pending` | `liabilities:company:<id>:payable` |
//! | money is taken at a company's desk | `assets:cash:company:<id>` | the company's share, `income:commission`, `liabilities:tax:<country>` |
//! | the company keeps its share out of the till | the company's share | `assets:cash:company:<id>` |
//! | money is handed back at the desk | the company's share, `income:commission`, `liabilities:tax:<country>` | `assets:cash:company:<id>` |
//! | the company pays for it out of its share | `assets:cash:company:<id>` | the company's share |
//!
//! What stays on a company's cash account is what it owes the platform of what it has taken.
//!
//! The company's share lies in its pending account until the booking is over, in its payable account from then on.

mod split;
mod vat;

use kernel::{CompanyId, Currency};

pub use split::{Parts, Rates, Split, SplitError};
pub use vat::standard_rate;

use crate::{
    accounts::{AccountCode, Country, ProviderCode, Side},
    transfers::{Leg, TransferKind},
};

/// One business event and its lines.
#[derive(Debug)]
pub struct Rule {
    pub kind: TransferKind,
    pub lines: &'static [Line],
}

/// A side of an account, and which part of the event's money stands there.
#[derive(Debug)]
pub struct Line {
    pub side: Side,
    pub account: Role,
    pub part: Part,
}

/// An account as a rule names it; the event says whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Provider,
    /// What was taken at the company's desk.
    Cash,
    Unallocated,
    /// Pending or payable, as the booking stands.
    CompanyShare,
    CompanyPending,
    CompanyPayable,
    Commission,
    Tax,
}

/// A part of the money that an event moves; see [`Parts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    Company,
    Commission,
    Tax,
}

const fn debit(account: Role, part: Part) -> Line {
    Line { side: Side::Debit, account, part }
}

const fn credit(account: Role, part: Part) -> Line {
    Line { side: Side::Credit, account, part }
}

/// What the ledger posts by itself.
pub const RULES: &[Rule] = &[
    Rule {
        kind: TransferKind::PaymentReceived,
        lines: &[debit(Role::Provider, Part::Whole), credit(Role::Unallocated, Part::Whole)],
    },
    Rule {
        kind: TransferKind::PaymentAllocated,
        lines: &[
            debit(Role::Unallocated, Part::Whole),
            credit(Role::CompanyShare, Part::Company),
            credit(Role::Commission, Part::Commission),
            credit(Role::Tax, Part::Tax),
        ],
    },
    Rule {
        kind: TransferKind::PaymentRefunded,
        lines: &[
            debit(Role::CompanyShare, Part::Company),
            debit(Role::Commission, Part::Commission),
            debit(Role::Tax, Part::Tax),
            credit(Role::Provider, Part::Whole),
        ],
    },
    Rule {
        kind: TransferKind::UnallocatedRefunded,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ShareReleased,
        lines: &[debit(Role::CompanyPending, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    Rule {
        kind: TransferKind::DeskPaymentTaken,
        lines: &[
            debit(Role::Cash, Part::Whole),
            credit(Role::CompanyShare, Part::Company),
            credit(Role::Commission, Part::Commission),
            credit(Role::Tax, Part::Tax),
        ],
    },
    Rule {
        kind: TransferKind::DeskShareKept,
        lines: &[debit(Role::CompanyShare, Part::Company), credit(Role::Cash, Part::Company)],
    },
    Rule {
        kind: TransferKind::DeskPaymentReturned,
        lines: &[
            debit(Role::CompanyShare, Part::Company),
            debit(Role::Commission, Part::Commission),
            debit(Role::Tax, Part::Tax),
            credit(Role::Cash, Part::Whole),
        ],
    },
    Rule {
        kind: TransferKind::DeskShareReturned,
        lines: &[debit(Role::Cash, Part::Company), credit(Role::CompanyShare, Part::Company)],
    },
];

/// What an event says about the accounts its rule names. A role that the event has nobody for cannot be posted.
#[derive(Debug, Clone)]
pub struct Cast {
    pub currency: Currency,
    pub provider: Option<ProviderCode>,
    pub company: Option<CompanyId>,
    pub tax_country: Option<Country>,
    /// The booking is over: its share lies in the payable account.
    pub completed: bool,
}

impl Cast {
    pub fn new(currency: Currency) -> Self {
        Self { currency, provider: None, company: None, tax_country: None, completed: false }
    }

    fn account(&self, role: Role) -> Option<AccountCode> {
        match role {
            Role::Provider => self.provider.clone().map(AccountCode::Provider),
            Role::Cash => self.company.map(AccountCode::Cash),
            Role::Unallocated => Some(AccountCode::Unallocated),
            Role::CompanyShare if self.completed => self.company.map(AccountCode::CompanyPayable),
            Role::CompanyShare | Role::CompanyPending => self.company.map(AccountCode::CompanyPending),
            Role::CompanyPayable => self.company.map(AccountCode::CompanyPayable),
            Role::Commission => Some(AccountCode::Commission),
            Role::Tax => self.tax_country.clone().map(AccountCode::Tax),
        }
    }
}

/// An event lacks what its rule needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("there is no rule for {0:?}")]
    NoRule(TransferKind),
    #[error("{kind:?} needs {role:?}, and the event names none")]
    Uncast { kind: TransferKind, role: Role },
}

/// The legs of an event, by its rule. Lines that move nothing are left out, so that there may be none.
pub fn legs(kind: TransferKind, cast: &Cast, parts: Parts) -> Result<Vec<Leg>, RuleError> {
    let rule = RULES.iter().find(|rule| rule.kind == kind).ok_or(RuleError::NoRule(kind))?;
    let moving = rule.lines.iter().filter(|line| parts.of(line.part) != 0);
    moving
        .map(|line| {
            let code = cast.account(line.account).ok_or(RuleError::Uncast { kind, role: line.account })?;
            let account = code.in_currency(cast.currency);
            let amount = parts.of(line.part);
            Ok(match line.side {
                Side::Debit => Leg::debit(account, amount),
                Side::Credit => Leg::credit(account, amount),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
