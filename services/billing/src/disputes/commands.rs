//! Taking in what a provider tells about a dispute.

use ::store::Conn;
use providers::{DisputeUpdated, ProviderName};

use super::{
    DisputeError,
    model::{Dispute, Turn},
    store,
};
use crate::payments;

/// Records a fact about a dispute, with its payment locked, so that two facts about one dispute do not meet.
pub async fn record_dispute_in_tx(
    conn: &mut Conn,
    provider: ProviderName,
    told: &DisputeUpdated,
) -> Result<Dispute, DisputeError> {
    let unknown = || DisputeError::UnknownPayment(told.provider_payment_id.clone());
    let name = provider.as_str();
    let payment_id = payments::store::find_by_provider_payment(conn, name, &told.provider_payment_id).await?;
    let payment = payments::store::lock_payment(conn, payment_id.ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
    if told.amount.currency != payment.amount.currency || !told.amount.is_positive() {
        return Err(DisputeError::WrongMoney { disputed: told.amount, paid: payment.amount });
    }
    match store::find_by_provider_dispute(conn, name, &told.provider_dispute_id).await? {
        Some(dispute) => follow_in_tx(conn, dispute, told).await,
        None => {
            let dispute = Dispute::new(&payment, told);
            store::insert_dispute(conn, &dispute).await?;
            alert(&dispute, Turn::Opened);
            Ok(dispute)
        }
    }
}

async fn follow_in_tx(conn: &mut Conn, mut dispute: Dispute, told: &DisputeUpdated) -> Result<Dispute, DisputeError> {
    let before = dispute.clone();
    let turn = dispute.apply(told);
    if dispute != before {
        store::update_dispute(conn, &dispute).await?;
    }
    if let Some(turn) = turn {
        alert(&dispute, turn);
    }
    Ok(dispute)
}

/// Operators watch for this line: evidence has a due date.
fn alert(dispute: &Dispute, turn: Turn) {
    let (id, payment_id, amount) = (dispute.id, dispute.payment_id, dispute.amount);
    match turn {
        Turn::Opened => {
            let due = dispute.evidence_due_at.map(|at| at.to_string());
            tracing::error!(%id, %payment_id, %amount, reason = dispute.reason, due, "a payment is disputed");
        }
        Turn::Won => tracing::info!(%id, %payment_id, %amount, "a dispute was won"),
        Turn::Lost => tracing::warn!(%id, %payment_id, %amount, "a dispute was lost"),
    }
}
