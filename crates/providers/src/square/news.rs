//! Refunds and disputes of late: <https://developer.squareup.com/reference/square/refunds-api/list-payment-refunds> and
//! <https://developer.squareup.com/reference/square/disputes-api/list-disputes>.

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use url::form_urlencoded::byte_serialize;

use super::{
    client::SquareClient,
    events::{told_of_dispute, told_of_refund},
    objects::{DisputeObject, RefundObject},
};
use crate::{ParseError, ProviderError, ProviderEvent};

/// Of one look.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    refunds: Vec<RefundObject>,
    #[serde(default)]
    disputes: Vec<DisputeObject>,
    cursor: Option<String>,
}

/// Disputes are listed whenever they were opened: there are few, and one that is lost moves nothing when it is.
pub async fn list_news(
    client: &SquareClient,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<ProviderEvent>, ProviderError> {
    let mut news = Vec::new();
    let since = format!("v2/refunds?begin_time={from}&sort_order=DESC&limit=100");
    for refund in pages(client, &since, |page: Page| (page.refunds, page.cursor)).await? {
        let at = refund.updated_at.unwrap_or(to);
        news.extend(readable(told_of_refund(refund, at)));
    }
    for dispute in pages(client, "v2/disputes?", |page: Page| (page.disputes, page.cursor)).await? {
        let at = dispute.updated_at.unwrap_or(to);
        news.extend(readable(told_of_dispute(dispute, at)));
    }
    Ok(news)
}

/// One that makes no sense keeps nobody from the others.
fn readable(told: Result<Option<ProviderEvent>, ParseError>) -> Option<ProviderEvent> {
    told.inspect_err(|error| tracing::warn!(%error, "something that Square lists cannot be read")).ok().flatten()
}

async fn pages<P: DeserializeOwned, T>(
    client: &SquareClient,
    path: &str,
    of: impl Fn(P) -> (Vec<T>, Option<String>),
) -> Result<Vec<T>, ProviderError> {
    let (mut found, mut next) = (Vec::new(), path.to_owned());
    for _ in 0..MOST_PAGES {
        let (objects, cursor) = of(client.get(&next).await?);
        found.extend(objects);
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { break };
        let cursor: String = byte_serialize(cursor.as_bytes()).collect();
        next = format!("{path}&cursor={cursor}");
    }
    Ok(found)
}
