//! What others know of a payment: what the provider has told webhook, and what the ledger has booked.

use futures_util::future::join;
use jiff::Timestamp;
use kernel::{AccountId, Currency, EventId, FinancialActionId, TransferId, UserId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use service_kit::Peers;

/// An event as webhook received it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ToldEvent {
    pub id: EventId,
    pub provider: String,
    pub provider_event_id: String,
    #[schema(example = "payment_intent.succeeded")]
    pub event_type: String,
    /// When the provider made it.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// How often it was published: once, and once more for each replay.
    pub publications: i64,
}

/// What the ledger says, the newest first.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BookedSide {
    pub transfers: Vec<BookedTransfer>,
    /// What people have done by hand.
    pub actions: Vec<BookedAction>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BookedTransfer {
    pub id: TransferId,
    #[schema(example = "payment_received")]
    pub kind: String,
    /// What it is about: the payment, a refund, a dispute, or the booking.
    pub source: String,
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    #[schema(example = "posted")]
    pub phase: String,
    pub entries: Vec<BookedEntry>,
}

/// Amounts are minor units of `currency`; one of `debit` and `credit` is 0.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BookedEntry {
    pub account_id: AccountId,
    #[schema(example = "liabilities:unallocated")]
    pub account: String,
    pub currency: Currency,
    pub debit: i64,
    pub credit: i64,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BookedAction {
    pub id: FinancialActionId,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    #[schema(required)]
    pub person_id: Option<UserId>,
    #[schema(required)]
    pub service: Option<String>,
    #[schema(example = "refund_requested")]
    pub action: String,
    pub subject: String,
    #[schema(required)]
    pub reason: Option<String>,
    #[schema(required)]
    pub address: Option<String>,
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// What each side knows; empty where it did not answer.
#[derive(Debug, Default)]
pub struct Beside {
    pub events: Vec<ToldEvent>,
    pub booked: BookedSide,
    /// The services that did not answer.
    pub missing: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct About<'s> {
    subjects: &'s [String],
}

#[derive(Debug, Default, Deserialize)]
struct Told {
    events: Vec<ToldEvent>,
}

/// More than that neither side takes.
const MOST_SUBJECTS: usize = 500;

/// Asks both sides at once. One that is out of reach is named, and the other shown all the same.
pub async fn ask_both(peers: &Peers, told_of: &[String], booked: &[String]) -> Beside {
    let told = ask::<Told>(peers, ("webhook", "/internal/provider-events/about"), told_of);
    let booked = ask::<BookedSide>(peers, ("ledger", "/internal/transfers/about"), booked);
    let (told, booked) = join(told, booked).await;
    let silent = [(told.is_none(), "webhook"), (booked.is_none(), "ledger")];
    let missing = silent.into_iter().filter(|(is_silent, _)| *is_silent).map(|(_, service)| service).collect();
    Beside { events: told.unwrap_or_default().events, booked: booked.unwrap_or_default(), missing }
}

async fn ask<T: DeserializeOwned>(
    peers: &Peers,
    (service, path): (&'static str, &str),
    subjects: &[String],
) -> Option<T> {
    let subjects = subjects.get(..MOST_SUBJECTS).unwrap_or(subjects);
    peers
        .post(service, path, &About { subjects })
        .await
        .inspect_err(|error| tracing::warn!(service, %error, "a payment is shown without what this service knows"))
        .ok()
}
