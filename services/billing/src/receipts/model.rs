//! What a receipt says. It never changes.

use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, ReceiptId, UserId};
use providers::ProviderName;

use crate::payables::PayableRef;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: ReceiptId,
    pub company_id: CompanyId,
    /// 1..n in the company's series.
    pub number: i64,
    pub payment_id: PaymentId,
    /// `None` for somebody without an account.
    pub customer_user_id: Option<UserId>,
    pub payable: PayableRef,
    pub description: String,
    pub amount: Money,
    pub provider: ProviderName,
    pub issued_at: Timestamp,
}

impl Receipt {
    /// `R-000042`, as people read it.
    pub fn printed_number(&self) -> String {
        format!("R-{:06}", self.number)
    }
}
