//! Refunds and disputes that were begun or decided at the provider, and of which no event has arrived: what has moved names
//! them, or a list of the provider's, and they go through the pipeline of the events. What is known is not looked at again.

use events::HandlerError;
use jiff::Timestamp;
use providers::{
    DisputeStatus as ProviderDispute, DisputeUpdated, ProviderEvent, ProviderName, RefundStatus as ProviderStatus,
};

use super::store::{disputes_by_provider_id, refunds_by_provider_id};
use crate::{
    App,
    disputes::{commands::record_dispute_in_tx, model::DisputeStatus},
    early_events::store::is_paid,
    refunds::{RefundStatus, commands::record_event_in_tx},
};

/// Takes in what a provider sees now, the newest first, where it is news. What cannot be taken in is left to the next look,
/// and to people: it must not keep the rest from being handed over.
pub async fn adopt_news(
    app: &App,
    provider: ProviderName,
    told: &[&ProviderEvent],
    now: Timestamp,
) -> Result<(), store::Error> {
    for news in find_news(app, provider, told).await? {
        match adopt(app, provider, &news, now).await {
            Ok(false) => {}
            Ok(true) => {
                metrics::counter!("billing_adopted_total", "provider" => provider.as_str()).increment(1);
                tracing::warn!(provider = provider.as_str(), ?news, "what no event told was found at the provider");
            }
            Err(HandlerError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(provider = provider.as_str(), %error, ?news, "what was found cannot be taken in");
            }
        }
    }
    Ok(())
}

/// What tells more than is known.
async fn find_news(
    app: &App,
    provider: ProviderName,
    told: &[&ProviderEvent],
) -> Result<Vec<ProviderEvent>, store::Error> {
    let refunded: Vec<&str> = told.iter().filter_map(|event| refund_id(event)).collect();
    let disputed: Vec<&str> = told.iter().filter_map(|event| dispute_id(event)).collect();
    let mut conn = app.db.conn().await?;
    let refunds = refunds_by_provider_id(&mut conn, provider, &refunded).await?;
    let disputes = disputes_by_provider_id(&mut conn, provider, &disputed).await?;
    let is_news = |event: &&&ProviderEvent| match event {
        ProviderEvent::RefundUpdated(told) => {
            refunds.get(&told.provider_refund_id).is_none_or(|(_, status)| tells_more(told.status, *status))
        }
        ProviderEvent::DisputeUpdated(told) => {
            let known = disputes.get(&told.provider_dispute_id);
            known.is_none_or(|(_, status)| !status.is_decided() && DisputeStatus::from(told.status) != *status)
        }
        _ => false,
    };
    Ok(told.iter().filter(is_news).map(|event| (*event).clone()).collect())
}

/// A refund only moves on, from pending to succeeded to failed.
fn tells_more(told: ProviderStatus, known: RefundStatus) -> bool {
    match known {
        RefundStatus::Pending => told != ProviderStatus::Pending,
        RefundStatus::Succeeded => told == ProviderStatus::Failed,
        RefundStatus::Failed => false,
    }
}

fn refund_id(event: &ProviderEvent) -> Option<&str> {
    if let ProviderEvent::RefundUpdated(told) = event { Some(&told.provider_refund_id) } else { None }
}

fn dispute_id(event: &ProviderEvent) -> Option<&str> {
    if let ProviderEvent::DisputeUpdated(told) = event { Some(&told.provider_dispute_id) } else { None }
}

/// What belongs to something else in the same account is none of ours.
async fn adopt(app: &App, provider: ProviderName, news: &ProviderEvent, now: Timestamp) -> Result<bool, HandlerError> {
    let provider_payment_id = match news {
        ProviderEvent::RefundUpdated(told) => &told.provider_payment_id,
        ProviderEvent::DisputeUpdated(told) => &told.provider_payment_id,
        _ => return Ok(false),
    };
    app.db
        .transaction(async |conn| {
            if !is_paid(conn, provider.as_str(), provider_payment_id).await? {
                return Ok(false);
            }
            match news.clone() {
                ProviderEvent::RefundUpdated(told) => record_event_in_tx(conn, provider.as_str(), told, now).await?,
                ProviderEvent::DisputeUpdated(told) if told.status == ProviderDispute::Lost => {
                    // A loss moves nothing: it had been open before, and when it was decided nobody tells.
                    let opened = DisputeUpdated { status: ProviderDispute::NeedsResponse, ..told.clone() };
                    record_dispute_in_tx(conn, provider, &opened, now).await?;
                    let lost = DisputeUpdated { occurred_at: now, ..told };
                    record_dispute_in_tx(conn, provider, &lost, now).await?;
                }
                ProviderEvent::DisputeUpdated(told) => {
                    record_dispute_in_tx(conn, provider, &told, now).await?;
                }
                _ => {}
            }
            Ok::<_, HandlerError>(true)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_moves_a_refund_on_is_news() {
        use ProviderStatus::{Failed, Pending, Succeeded};
        let more = |known| [Pending, Succeeded, Failed].map(|told| tells_more(told, known));
        assert_eq!(more(RefundStatus::Pending), [false, true, true]);
        assert_eq!(more(RefundStatus::Succeeded), [false, false, true]);
        assert_eq!(more(RefundStatus::Failed), [false, false, false]);
    }
}
