//! What a list of payments may be narrowed to; pure.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, DisputeId, PaymentId, ReceiptId, RefundId, UserId};
use providers::ProviderName;
use serde::Deserialize;
use uuid::Uuid;

use crate::payments::PaymentStatus;

/// As clients see the status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    Pending,
    Processing,
    Cancelled,
    Failed,
    Succeeded,
    PartiallyRefunded,
    Refunded,
}

impl TransactionStatus {
    /// The statuses that are shown as this one, where nothing has gone back.
    pub fn stored(self) -> &'static [PaymentStatus] {
        match self {
            Self::Pending => &[PaymentStatus::Pending],
            Self::Processing => &[PaymentStatus::Processing, PaymentStatus::Authorized],
            Self::Cancelled => &[PaymentStatus::Cancelled],
            Self::Failed => &[PaymentStatus::Failed],
            Self::Succeeded | Self::PartiallyRefunded | Self::Refunded => &[PaymentStatus::Succeeded],
        }
    }
}

/// Everything that is given has to fit.
#[derive(Debug, Clone, Default)]
pub struct TransactionFilter {
    pub status: Option<TransactionStatus>,
    pub provider: Option<ProviderName>,
    pub company_id: Option<CompanyId>,
    pub customer_id: Option<UserId>,
    pub currency: Option<Currency>,
    /// In minor units, both included.
    pub amount_from: Option<i64>,
    pub amount_to: Option<i64>,
    pub created_from: Option<Timestamp>,
    /// Not included.
    pub created_until: Option<Timestamp>,
    /// Those that a text was found to name.
    pub named: Option<Vec<PaymentId>>,
}

/// Our id in a text, of a payment or of what belongs to one; ids of all kinds differ.
pub fn own_id(text: &str) -> Option<Uuid> {
    let payment = text.parse::<PaymentId>().map(PaymentId::uuid);
    let payment = payment.or_else(|_| text.parse::<BookingId>().map(BookingId::uuid));
    let payment = payment.or_else(|_| text.parse::<RefundId>().map(RefundId::uuid));
    let payment = payment.or_else(|_| text.parse::<DisputeId>().map(DisputeId::uuid));
    payment.or_else(|_| text.parse::<ReceiptId>().map(ReceiptId::uuid)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_ids_are_told_from_those_of_others() {
        let (refund, booking) = (RefundId::new(), BookingId::new());
        assert_eq!(own_id(&refund.to_string()), Some(refund.uuid()));
        assert_eq!(own_id(&booking.to_string()), Some(booking.uuid()));
        for other in ["", "pi_3OqX", "re_1", &CompanyId::new().to_string(), &format!("{refund} ")] {
            assert_eq!(own_id(other), None, "{other}");
        }
    }
}
