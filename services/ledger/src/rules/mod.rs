//! Posting rules: which entries a business event makes. [`RULES`] is the whole table; everything else here only
//! reads it. `docs/guides/ledger.md` shows each rule with worked numbers.

mod exchange;

pub use commission::{ApplicationFee, Parts, Rates, Split, SplitError, standard_rate};
use kernel::{CompanyId, Currency, UserId};

pub use exchange::exchange_legs;

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
    Bank,
    /// Money at the company's desk.
    Cash,
    /// What the company owes.
    Receivable,
    Unallocated,
    /// Pending or payable, as the booking stands.
    CompanyShare,
    CompanyPending,
    CompanyPayable,
    CompanyReserve,
    CustomerWallet,
    CustomerCredits,
    Commission,
    Subscriptions,
    Overage,
    Breakage,
    ProviderFees,
    Disputes,
    CreditsGiven,
    Tax,
}

/// A part of the money that an event moves; see [`Parts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    Company,
    Commission,
    Tax,
    /// The whole without the tax.
    Net,
    /// What is the platform's, commission and tax: of a payment that settles with the company, the application fee.
    Platform,
}

impl Part {
    fn of(self, parts: Parts) -> i64 {
        match self {
            Self::Whole => parts.whole,
            Self::Company => parts.company,
            Self::Commission => parts.commission,
            Self::Tax => parts.tax,
            // Parts of one sum: no difference is out of range.
            Self::Net => parts.whole - parts.tax,
            Self::Platform => parts.whole - parts.company,
        }
    }
}

const fn debit(account: Role, part: Part) -> Line {
    Line { side: Side::Debit, account, part }
}

const fn credit(account: Role, part: Part) -> Line {
    Line { side: Side::Credit, account, part }
}

/// The entries of every business event.
pub const RULES: &[Rule] = &[
    // Payments and what becomes of them.
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
        kind: TransferKind::RefundReturned,
        lines: &[
            debit(Role::Provider, Part::Whole),
            credit(Role::CompanyShare, Part::Company),
            credit(Role::Commission, Part::Commission),
            credit(Role::Tax, Part::Tax),
        ],
    },
    Rule {
        kind: TransferKind::UnallocatedRefundReturned,
        lines: &[debit(Role::Provider, Part::Whole), credit(Role::Unallocated, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ShareReleased,
        lines: &[debit(Role::CompanyPending, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    // At the desk: the company has the money already. What stays on its cash account is what it owes of what it took.
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
    Rule {
        kind: TransferKind::DeskDebtOffset,
        lines: &[debit(Role::CompanyPayable, Part::Whole), credit(Role::Cash, Part::Whole)],
    },
    Rule {
        kind: TransferKind::DeskDebtReturned,
        lines: &[debit(Role::Cash, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    // Payments that settle with the company. A charge with a destination enters the platform's balance and leaves it at once; of
    // one on the company's own account only the fee comes.
    Rule {
        kind: TransferKind::PaymentForwarded,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ForwardReversed,
        lines: &[debit(Role::Provider, Part::Whole), credit(Role::Unallocated, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ApplicationFeeReceived,
        lines: &[debit(Role::Provider, Part::Platform), credit(Role::Unallocated, Part::Platform)],
    },
    Rule {
        kind: TransferKind::ApplicationFeeEarned,
        lines: &[
            debit(Role::Unallocated, Part::Platform),
            credit(Role::Commission, Part::Commission),
            credit(Role::Tax, Part::Tax),
        ],
    },
    Rule {
        kind: TransferKind::ApplicationFeeRefunded,
        lines: &[
            debit(Role::Commission, Part::Commission),
            debit(Role::Tax, Part::Tax),
            credit(Role::Provider, Part::Platform),
        ],
    },
    Rule {
        kind: TransferKind::UnallocatedFeeRefunded,
        lines: &[debit(Role::Unallocated, Part::Platform), credit(Role::Provider, Part::Platform)],
    },
    // The company has the money, and the provider has taken it from the platform: the company owes it.
    Rule {
        kind: TransferKind::CompanyDisputeLost,
        lines: &[
            debit(Role::Receivable, Part::Company),
            debit(Role::Commission, Part::Commission),
            debit(Role::Tax, Part::Tax),
            credit(Role::Disputes, Part::Whole),
        ],
    },
    Rule {
        kind: TransferKind::UnallocatedCompanyDisputed,
        lines: &[
            debit(Role::Receivable, Part::Company),
            debit(Role::Unallocated, Part::Platform),
            credit(Role::Disputes, Part::Whole),
        ],
    },
    // Towards the company.
    Rule {
        kind: TransferKind::Payout,
        lines: &[debit(Role::CompanyPayable, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::PayoutReturned,
        lines: &[debit(Role::Provider, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ReserveKept,
        lines: &[debit(Role::CompanyPayable, Part::Whole), credit(Role::CompanyReserve, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ReserveReleased,
        lines: &[debit(Role::CompanyReserve, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ReceivableRaised,
        lines: &[debit(Role::Receivable, Part::Whole), credit(Role::CompanyPayable, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ReceivableOffset,
        lines: &[debit(Role::CompanyPayable, Part::Whole), credit(Role::Receivable, Part::Whole)],
    },
    // The provider's own.
    Rule {
        kind: TransferKind::ProviderFee,
        lines: &[debit(Role::ProviderFees, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::ProviderSettled,
        lines: &[debit(Role::Bank, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::DisputeOpened,
        lines: &[debit(Role::Disputes, Part::Whole), credit(Role::Provider, Part::Whole)],
    },
    Rule {
        kind: TransferKind::DisputeWon,
        lines: &[debit(Role::Provider, Part::Whole), credit(Role::Disputes, Part::Whole)],
    },
    Rule {
        kind: TransferKind::DisputeLost,
        lines: &[
            debit(Role::CompanyShare, Part::Company),
            debit(Role::Commission, Part::Commission),
            debit(Role::Tax, Part::Tax),
            credit(Role::Disputes, Part::Whole),
        ],
    },
    Rule {
        kind: TransferKind::UnallocatedDisputed,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::Disputes, Part::Whole)],
    },
    // Wallets and credits.
    Rule {
        kind: TransferKind::WalletToppedUp,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::CustomerWallet, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsPurchased,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::CustomerCredits, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsAllocated,
        lines: &[debit(Role::CreditsGiven, Part::Whole), credit(Role::CustomerCredits, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsSpent,
        lines: &[debit(Role::CustomerCredits, Part::Whole), credit(Role::Unallocated, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsExpired,
        lines: &[debit(Role::CustomerCredits, Part::Whole), credit(Role::Breakage, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsTakenBack,
        lines: &[debit(Role::CustomerCredits, Part::Whole), credit(Role::Unallocated, Part::Whole)],
    },
    Rule {
        kind: TransferKind::CreditsRevoked,
        lines: &[debit(Role::CustomerCredits, Part::Whole), credit(Role::CreditsGiven, Part::Whole)],
    },
    // What the platform sells itself.
    Rule {
        kind: TransferKind::SubscriptionPaid,
        lines: &[
            debit(Role::Unallocated, Part::Whole),
            credit(Role::Subscriptions, Part::Net),
            credit(Role::Tax, Part::Tax),
        ],
    },
    Rule {
        kind: TransferKind::OverageCharged,
        lines: &[debit(Role::Unallocated, Part::Whole), credit(Role::Overage, Part::Net), credit(Role::Tax, Part::Tax)],
    },
];

/// What an event says about the accounts its rule names. A role that the event has nobody for cannot be posted.
#[derive(Debug, Clone)]
pub struct Cast {
    pub currency: Currency,
    pub provider: Option<ProviderCode>,
    pub company: Option<CompanyId>,
    pub customer: Option<UserId>,
    pub tax_country: Option<Country>,
    /// The booking is over: its share lies in the payable account.
    pub completed: bool,
}

impl Cast {
    pub fn new(currency: Currency) -> Self {
        Self { currency, provider: None, company: None, customer: None, tax_country: None, completed: false }
    }

    fn account(&self, role: Role) -> Option<AccountCode> {
        match role {
            Role::Provider => self.provider.clone().map(AccountCode::Provider),
            Role::Bank => Some(AccountCode::Bank),
            Role::Cash => self.company.map(AccountCode::Cash),
            Role::Receivable => self.company.map(AccountCode::Receivable),
            Role::Unallocated => Some(AccountCode::Unallocated),
            Role::CompanyShare if self.completed => self.company.map(AccountCode::CompanyPayable),
            Role::CompanyShare | Role::CompanyPending => self.company.map(AccountCode::CompanyPending),
            Role::CompanyPayable => self.company.map(AccountCode::CompanyPayable),
            Role::CompanyReserve => self.company.map(AccountCode::CompanyReserve),
            Role::CustomerWallet => self.customer.map(AccountCode::CustomerWallet),
            Role::CustomerCredits => self.customer.map(AccountCode::CustomerCredits),
            Role::Subscriptions => Some(AccountCode::Subscriptions),
            Role::Overage => Some(AccountCode::Overage),
            Role::Breakage => Some(AccountCode::Breakage),
            Role::ProviderFees => Some(AccountCode::ProviderFees),
            Role::Disputes => Some(AccountCode::Disputes),
            Role::CreditsGiven => Some(AccountCode::CreditsGiven),
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
    let moving = rule.lines.iter().filter(|line| line.part.of(parts) != 0);
    moving
        .map(|line| {
            let code = cast.account(line.account).ok_or(RuleError::Uncast { kind, role: line.account })?;
            let account = code.in_currency(cast.currency);
            let amount = line.part.of(parts);
            Ok(match line.side {
                Side::Debit => Leg::debit(account, amount),
                Side::Credit => Leg::credit(account, amount),
            })
        })
        .collect()
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;
