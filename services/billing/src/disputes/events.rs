//! What the others hear of a dispute: all of it, after every change.

use contracts::billing::v1::DisputeUpdated;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use store::{Conn, Error};

use super::model::Dispute;
use crate::{
    payables::Payable,
    payments::{Payment, events::contract_payable},
};

pub async fn enqueue_updated(
    conn: &mut Conn,
    dispute: &Dispute,
    payment: &Payment,
    payable: &Payable,
    now: Timestamp,
) -> Result<(), Error> {
    let event = DisputeUpdated {
        dispute_id: dispute.id.to_string(),
        payment_id: dispute.payment_id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: dispute.provider.to_string(),
        provider_dispute_id: dispute.provider_dispute_id.clone(),
        currency: dispute.amount.currency.to_string(),
        amount: dispute.amount.amount,
        fee: dispute.fee.map(|fee| fee.amount),
        status: dispute.status.as_str().to_owned(),
        reason: dispute.reason.clone(),
        evidence_due_at_micros: dispute.evidence_due_at.map(Timestamp::as_microsecond),
        opened_at_micros: dispute.opened_at.as_microsecond(),
        closed_at_micros: dispute.closed_at.map(Timestamp::as_microsecond),
        payment_amount: payment.captured,
        settlement: payment.told_settlement(),
    };
    let change = Change {
        aggregate_type: "dispute",
        aggregate_id: dispute.id.uuid(),
        version: dispute.version,
        ordinal: 0,
        tenant: Some(dispute.company_id.uuid()),
        occurred_at: now,
    };
    enqueue(conn, change, &event).await?;
    Ok(())
}
