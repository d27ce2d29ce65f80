//! What has moved on the platform's own balance at a provider, as the provider keeps its books.

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::Money;

use crate::{ProviderError, ProviderEvent};

/// A provider whose movements can be asked for.
#[async_trait]
pub trait StatementProvider: Send + Sync {
    /// A page of the movements of a span, in the provider's order.
    async fn list_movements(&self, request: MovementsRequest) -> Result<MovementsPage, ProviderError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementsRequest {
    /// To the second.
    pub from: Timestamp,
    /// Not included.
    pub to: Timestamp,
    /// Where the page before ended.
    pub after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MovementsPage {
    /// May be none where others follow.
    pub movements: Vec<Movement>,
    /// Where the next page begins, in the provider's words; `None` at the end.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The provider's own id.
    pub id: String,
    pub kind: MovementKind,
    /// Our id of the payment, refund or payout that it is about, where the provider keeps it.
    pub reference: Option<String>,
    /// The provider's id of that: of a payment, a refund, a dispute.
    pub source: Option<String>,
    /// Before fees; positive is money for us.
    pub amount: Money,
    /// What the provider kept of it, in the same currency; less than nothing where it gave a fee back.
    pub fee: i64,
    pub occurred_at: Timestamp,
    /// The refund or dispute behind it as the provider sees it now, as its events would tell, where it comes along.
    pub told: Option<ProviderEvent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    Charge,
    Refund,
    /// A refund that did not reach its customer.
    RefundReturn,
    /// To a company's account.
    Payout,
    /// From there back.
    PayoutReturn,
    Dispute,
    DisputeReturn,
    /// What the provider charges beside what it keeps of other movements.
    Fee,
    /// To our bank; positive where the bank has sent it back.
    Settlement,
    /// A payment that settles with the company leaves our balance, at once.
    Forward,
    /// It comes back, to be refunded.
    ForwardReturn,
    /// What we keep of such a payment.
    ApplicationFee,
    ApplicationFeeRefund,
}

impl MovementKind {
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
}
