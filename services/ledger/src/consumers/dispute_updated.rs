//! `billing.dispute_updated`: the provider takes disputed money, gives it back, or keeps it; and charges for it.

use contracts::billing::v1::DisputeUpdated;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{instant, required, settlement, subject};
use crate::{
    App,
    allocations::{AllocationError, DisputeNews, DisputeState, record_dispute_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<DisputeUpdated>) -> Result<(), HandlerError> {
    record_dispute_in_tx(app, conn, news(delivery)?).await?;
    Ok(())
}

fn news(delivery: Delivery<DisputeUpdated>) -> Result<DisputeNews, AllocationError> {
    let event = delivery.event;
    let state = match event.status.as_str() {
        "needs_response" | "under_review" => DisputeState::Open,
        "won" => DisputeState::Won,
        "lost" => DisputeState::Lost,
        _ => return Err(AllocationError::Missing("a known status")),
    };
    Ok(DisputeNews {
        dispute_id: event.dispute_id.parse()?,
        payment_id: event.payment_id.parse()?,
        booking: subject(&required(event.payable, "payable")?)?,
        provider: event.provider.parse()?,
        amount: Money::new(event.amount, event.currency.parse()?),
        payment_amount: event.payment_amount,
        state,
        fee: event.fee,
        opened_at: instant(event.opened_at_micros, delivery.occurred_at),
        closed_at: instant(event.closed_at_micros.unwrap_or(0), delivery.occurred_at),
        event_id: delivery.event_id,
        settlement: settlement(event.settlement)?,
    })
}
