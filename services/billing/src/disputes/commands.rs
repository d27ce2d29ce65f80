//! Taking in what a provider tells about a dispute.

use ::store::Conn;
use jiff::Timestamp;
use providers::{DisputeUpdated, ProviderName};

use super::{
    DisputeError, events,
    model::{Dispute, Turn},
    store,
};
use crate::payments;

/// Records a fact about a dispute, with its payment locked, so that two facts about one dispute do not meet.
pub async fn record_dispute_in_tx(
    conn: &mut Conn,
    provider: ProviderName,
    told: &DisputeUpdated,
    now: Timestamp,
) -> Result<Dispute, DisputeError> {
    let unknown = || DisputeError::UnknownPayment(told.provider_payment_id.clone());
    let name = provider.as_str();
    let payment_id = payments::store::find_by_provider_payment(conn, name, &told.provider_payment_id).await?;
    let payment = payments::store::lock_payment(conn, payment_id.ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
    if told.amount.currency != payment.amount.currency || !told.amount.is_positive() {
        return Err(DisputeError::WrongMoney { disputed: told.amount, paid: payment.amount });
    }
    let known = store::find_by_provider_dispute(conn, name, &told.provider_dispute_id).await?;
    let (dispute, turn) = match known {
        Some(dispute) => match follow_in_tx(conn, dispute.clone(), told).await? {
            Some(followed) => followed,
            None => return Ok(dispute),
        },
        None => {
            let dispute = Dispute::new(&payment, told);
            store::insert_dispute(conn, &dispute).await?;
            (dispute, Some(Turn::Opened))
        }
    };
    let payable = payments::commands::payable_of(conn, &payment).await?;
    events::enqueue_updated(conn, &dispute, &payment, &payable, now).await?;
    if let Some(turn) = turn {
        alert(&dispute, turn);
    }
    Ok(dispute)
}

/// `None` where the fact was known.
async fn follow_in_tx(
    conn: &mut Conn,
    mut dispute: Dispute,
    told: &DisputeUpdated,
) -> Result<Option<(Dispute, Option<Turn>)>, DisputeError> {
    let before = dispute.clone();
    let turn = dispute.apply(told);
    if dispute == before {
        return Ok(None);
    }
    dispute.version += 1;
    store::update_dispute(conn, &dispute).await?;
    Ok(Some((dispute, turn)))
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
