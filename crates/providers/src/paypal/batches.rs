//! The parts of PayPal's batches that we write and read: a batch of ours has one item.

use kernel::{Money, PayoutId};
use serde::{Deserialize, Serialize};

use super::{
    amounts::from_paypal,
    objects::{MoneyObject, unreadable},
};
use crate::{Failure, PayoutProgress, PayoutState, ProviderError};

/// An amount as this older API writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountObject {
    pub currency: String,
    pub value: String,
}

impl From<MoneyObject> for AmountObject {
    fn from(money: MoneyObject) -> Self {
        Self { currency: money.currency_code, value: money.value }
    }
}

impl AmountObject {
    fn money(&self) -> Option<Money> {
        from_paypal(&MoneyObject { currency_code: self.currency.clone(), value: self.value.clone() })
    }
}

#[derive(Debug, Deserialize)]
pub struct BatchObject {
    pub batch_header: HeaderObject,
    /// None until PayPal has begun to process the batch.
    #[serde(default)]
    pub items: Vec<ItemObject>,
}

#[derive(Debug, Deserialize)]
pub struct HeaderObject {
    pub payout_batch_id: String,
    batch_status: Option<String>,
    amount: Option<AmountObject>,
    sender_batch_header: Option<SenderHeader>,
}

#[derive(Debug, Deserialize)]
struct SenderHeader {
    sender_batch_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ItemObject {
    payout_batch_id: String,
    transaction_id: Option<String>,
    transaction_status: Option<String>,
    payout_item: SentItem,
    errors: Option<ItemError>,
}

#[derive(Debug, Deserialize)]
struct SentItem {
    amount: AmountObject,
    sender_item_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ItemError {
    name: String,
    message: String,
}

/// What PayPal knows a try by: it carries none out twice within thirty days.
pub fn sender_batch_id(payout_id: PayoutId, refusals: u32) -> String {
    format!("{payout_id}-{refusals}")
}

impl BatchObject {
    pub fn state(&self) -> Result<PayoutState, ProviderError> {
        let state = match self.items.first() {
            Some(item) => item.state(),
            None => self.batch_header.state(),
        };
        state.ok_or_else(|| unreadable("a batch without a readable amount"))
    }
}

impl HeaderObject {
    /// `None` for a batch that is not ours.
    pub fn payout_id(&self) -> Option<PayoutId> {
        let ours = self.sender_batch_header.as_ref()?.sender_batch_id.as_deref()?;
        ours.rsplit_once('-')?.0.parse().ok()
    }

    /// Of a batch as a whole, whose item is not known: PayPal may turn all of it down.
    pub fn state(&self) -> Option<PayoutState> {
        let is_over = matches!(self.batch_status.as_deref(), Some("DENIED" | "CANCELED"));
        let failure =
            || Failure { code: "batch_denied".to_owned(), message: "PayPal has turned the payout down.".to_owned() };
        Some(PayoutState {
            provider_payout_id: self.payout_batch_id.clone(),
            amount: self.amount.as_ref()?.money()?,
            progress: if is_over { PayoutProgress::Failed } else { PayoutProgress::Pending },
            failure: is_over.then(failure),
            arrives_at: None,
            movement_id: None,
        })
    }
}

impl ItemObject {
    /// `None` for an item that is not ours.
    pub fn payout_id(&self) -> Option<PayoutId> {
        self.payout_item.sender_item_id.as_deref()?.parse().ok()
    }

    pub fn state(&self) -> Option<PayoutState> {
        let progress = self.progress();
        Some(PayoutState {
            provider_payout_id: self.payout_batch_id.clone(),
            amount: self.payout_item.amount.money()?,
            progress,
            failure: self.failure(progress),
            arrives_at: None,
            movement_id: self.transaction_id.clone().filter(|_| self.has_left()),
        })
    }

    /// While an item is pending its amount is only set aside, and what failed then has never left.
    fn has_left(&self) -> bool {
        !matches!(self.transaction_status.as_deref(), None | Some("PENDING" | "FAILED"))
    }

    /// An unclaimed item waits for its receiver: PayPal returns it by itself after thirty days.
    fn progress(&self) -> PayoutProgress {
        match self.transaction_status.as_deref() {
            Some("SUCCESS") => PayoutProgress::Paid,
            Some("FAILED" | "BLOCKED" | "RETURNED" | "REFUNDED" | "REVERSED") => PayoutProgress::Failed,
            _ => PayoutProgress::Pending,
        }
    }

    /// Why it failed, or what it waits for: PayPal's reason, else the bare status.
    fn failure(&self, progress: PayoutProgress) -> Option<Failure> {
        let status = self.transaction_status.as_deref().unwrap_or("PENDING");
        if progress == PayoutProgress::Paid || status == "PENDING" {
            return None;
        }
        let error = self.errors.as_ref().filter(|error| !error.name.is_empty());
        let code = error.map_or(status, |error| error.name.as_str()).to_ascii_lowercase();
        let message = error.map(|error| error.message.clone()).filter(|message| !message.is_empty());
        Some(Failure { code, message: message.unwrap_or_else(|| explanation(status).to_owned()) })
    }
}

fn explanation(status: &str) -> &'static str {
    match status {
        "UNCLAIMED" => "Nobody has claimed the payout at PayPal yet.",
        "ONHOLD" => "PayPal is looking at the payout.",
        "BLOCKED" => "PayPal has blocked the payout.",
        "RETURNED" => "Nobody has claimed the payout at PayPal.",
        "REFUNDED" => "The receiver has sent the payout back.",
        "REVERSED" => "PayPal has taken the payout back.",
        _ => "The payout did not reach the receiver.",
    }
}
