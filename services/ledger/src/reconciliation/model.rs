//! Comparing two lists; pure.

use std::collections::BTreeMap;

use kernel::{Currency, TransferId};
use serde::{Deserialize, Serialize};

use crate::transfers::TransferKind;

/// What moved, in the words of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Charge,
    Refund,
    /// A refund that came back.
    RefundReturn,
    Payout,
    /// A payout that came back.
    PayoutReturn,
    /// A chargeback.
    Dispute,
    DisputeReturn,
    /// What the provider keeps.
    Fee,
    /// From the provider to our bank.
    Settlement,
    /// A payment that settles with the company leaves our balance.
    Forward,
    /// It comes back, to be refunded.
    ForwardReturn,
    /// What we keep of such a payment.
    ApplicationFee,
    ApplicationFeeRefund,
}

impl Class {
    pub const ALL: [Self; 13] = [
        Self::Charge,
        Self::Refund,
        Self::RefundReturn,
        Self::Payout,
        Self::PayoutReturn,
        Self::Dispute,
        Self::DisputeReturn,
        Self::Fee,
        Self::Settlement,
        Self::Forward,
        Self::ForwardReturn,
        Self::ApplicationFee,
        Self::ApplicationFeeRefund,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundReturn => "refund_return",
            Self::Payout => "payout",
            Self::PayoutReturn => "payout_return",
            Self::Dispute => "dispute",
            Self::DisputeReturn => "dispute_return",
            Self::Fee => "fee",
            Self::Settlement => "settlement",
            Self::Forward => "forward",
            Self::ForwardReturn => "forward_return",
            Self::ApplicationFee => "application_fee",
            Self::ApplicationFeeRefund => "application_fee_refund",
        }
    }

    /// Several of one reference are no mistake: no provider says of which refund a part of the fee is that went back, so
    /// that all of a payment's have one reference.
    fn repeats(self) -> bool {
        self == Self::ApplicationFeeRefund
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }

    /// How the book says it; `None` for what never touches a provider's account.
    pub fn of_kind(kind: &str) -> Option<Self> {
        let kind = TransferKind::ALL.iter().find(|known| known.as_str() == kind)?;
        Some(match kind {
            TransferKind::PaymentReceived => Self::Charge,
            TransferKind::PaymentRefunded | TransferKind::UnallocatedRefunded => Self::Refund,
            TransferKind::RefundReturned | TransferKind::UnallocatedRefundReturned => Self::RefundReturn,
            TransferKind::Payout => Self::Payout,
            TransferKind::PayoutReturned => Self::PayoutReturn,
            TransferKind::DisputeOpened => Self::Dispute,
            TransferKind::DisputeWon => Self::DisputeReturn,
            TransferKind::ProviderFee => Self::Fee,
            TransferKind::ProviderSettled => Self::Settlement,
            TransferKind::PaymentForwarded => Self::Forward,
            TransferKind::ForwardReversed => Self::ForwardReturn,
            TransferKind::ApplicationFeeReceived => Self::ApplicationFee,
            TransferKind::ApplicationFeeRefunded | TransferKind::UnallocatedFeeRefunded => Self::ApplicationFeeRefund,
            _ => return None,
        })
    }
}

/// An entry of the book on a provider's account; positive is money for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    pub transfer: TransferId,
    pub class: Class,
    pub reference: String,
    pub currency: Currency,
    pub amount: i64,
    /// It lies in the span that is compared; others are there as the other side of something that does.
    pub inside: bool,
}

/// A balance transaction of a provider; positive is money for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    pub id: String,
    pub class: Class,
    pub reference: Option<String>,
    pub currency: Currency,
    pub amount: i64,
    pub inside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The provider has it, the book has not.
    MissingHere,
    /// The book has it, the provider has not.
    MissingThere,
    DifferentAmount,
    /// One side has it more often than once.
    Duplicated,
}

impl FindingKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::DifferentAmount => "different_amount",
            Self::Duplicated => "duplicated",
        }
    }

    pub fn parse(text: &str) -> Self {
        // The column is checked to be one of the four.
        match text {
            "missing_here" => Self::MissingHere,
            "missing_there" => Self::MissingThere,
            "different_amount" => Self::DifferentAmount,
            _ => Self::Duplicated,
        }
    }
}

/// One thing that does not agree, with everything to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    pub class: Class,
    /// Our id, or the provider's where there is none.
    pub reference: String,
    pub currency: Currency,
    pub ours: i64,
    pub theirs: i64,
    pub transfers: Vec<TransferId>,
    pub provider_ids: Vec<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    pub matched: usize,
    pub findings: Vec<Finding>,
}

/// What both sides say about one thing.
#[derive(Debug, Default)]
struct Pair<'i> {
    ours: Vec<&'i Ours>,
    theirs: Vec<&'i Theirs>,
}

/// Compares the two sides by class, reference and currency.
pub fn reconcile(ours: &[Ours], theirs: &[Theirs]) -> Report {
    let mut pairs: BTreeMap<(Class, &str, Currency), Pair<'_>> = BTreeMap::new();
    for item in ours {
        pairs.entry((item.class, &item.reference, item.currency)).or_default().ours.push(item);
    }
    for item in theirs {
        let reference = item.reference.as_deref().unwrap_or(&item.id);
        pairs.entry((item.class, reference, item.currency)).or_default().theirs.push(item);
    }
    pairs.retain(|_, pair| pair.is_inside());
    let mut report = Report::default();
    for ((class, reference, currency), pair) in pairs {
        match pair.finding(class) {
            None => report.matched += 1,
            Some(kind) => report.findings.push(Finding {
                kind,
                class,
                reference: reference.to_owned(),
                currency,
                ours: pair.ours.iter().fold(0, |sum, item| sum.saturating_add(item.amount)),
                theirs: pair.theirs.iter().fold(0, |sum, item| sum.saturating_add(item.amount)),
                transfers: pair.ours.iter().map(|item| item.transfer).collect(),
                provider_ids: pair.theirs.iter().map(|item| item.id.clone()).collect(),
            }),
        }
    }
    report
}

impl Pair<'_> {
    fn is_inside(&self) -> bool {
        self.ours.iter().any(|item| item.inside) || self.theirs.iter().any(|item| item.inside)
    }

    fn finding(&self, class: Class) -> Option<FindingKind> {
        match (self.ours.as_slice(), self.theirs.as_slice()) {
            ([ours], [theirs]) => (ours.amount != theirs.amount).then_some(FindingKind::DifferentAmount),
            ([_], []) => Some(FindingKind::MissingThere),
            ([], [_]) => Some(FindingKind::MissingHere),
            (ours, theirs) if class.repeats() => {
                let mut amounts: Vec<i64> = ours.iter().map(|item| item.amount).collect();
                let mut told: Vec<i64> = theirs.iter().map(|item| item.amount).collect();
                amounts.sort_unstable();
                told.sort_unstable();
                (amounts != told).then_some(FindingKind::DifferentAmount)
            }
            _ => Some(FindingKind::Duplicated),
        }
    }
}

#[cfg(test)]
mod tests;
