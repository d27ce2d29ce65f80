//! Proposing, approving and rejecting corrections.

use jiff::Timestamp;
use kernel::{AdjustmentId, TransferId, UserId};
use serde_json::json;
use store::Conn;

use super::{
    error::AdjustmentError,
    model::{Adjustment, AdjustmentLeg, AdjustmentStatus, legs},
    store::{insert_adjustment, lock_adjustment, save_decision},
};
use crate::{
    actions::{Action, Doer, Whence, record_in_tx},
    startup::App,
    transfers::{Leg, legs_of},
};

/// What an administrator wants.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub reverses: Option<TransferId>,
    pub legs: Vec<AdjustmentLeg>,
    pub effective_at: Option<Timestamp>,
    pub reason: String,
}

/// Somebody at a place.
pub type Person = (UserId, Whence);

pub async fn propose_adjustment(app: &App, by: Person, proposal: Proposal) -> Result<Adjustment, AdjustmentError> {
    let now = app.clock.now();
    let effective_at = proposal.effective_at.unwrap_or(now);
    if effective_at > now {
        return Err(AdjustmentError::Future);
    }
    let mut adjustment = Adjustment {
        id: AdjustmentId::new(),
        reverses: proposal.reverses,
        legs: proposal.legs,
        effective_at,
        reason: proposal.reason,
        status: AdjustmentStatus::Proposed,
        proposed_by: by.0,
        proposed_at: now,
        decided_by: None,
        decided_at: None,
        transfer_id: None,
    };
    adjustment.legs = match (adjustment.reverses, adjustment.legs.is_empty()) {
        (Some(transfer_id), true) => opposite_legs(&mut *app.db.conn().await?, transfer_id).await?,
        (None, false) => adjustment.legs,
        _ => return Err(AdjustmentError::OneKind),
    };
    // What could never be posted is not proposed.
    legs(&adjustment.legs)?;
    adjustment.draft()?;
    let (adjustment, by) = (&adjustment, &by);
    app.db
        .transaction(async |conn| {
            insert_adjustment(conn, adjustment).await?;
            record(conn, adjustment, by, "adjustment_proposed", now).await
        })
        .await?;
    Ok(adjustment.clone())
}

async fn opposite_legs(conn: &mut Conn, transfer_id: TransferId) -> Result<Vec<AdjustmentLeg>, AdjustmentError> {
    let legs = legs_of(conn, transfer_id).await?;
    if legs.is_empty() {
        return Err(AdjustmentError::UnknownTransfer);
    }
    Ok(legs.iter().map(Leg::opposite).map(|leg| AdjustmentLeg::of(&leg)).collect())
}

/// Posts the correction with the decision: both or neither.
pub async fn approve_adjustment(app: &App, by: Person, id: AdjustmentId) -> Result<Adjustment, AdjustmentError> {
    let now = app.clock.now();
    let by = &by;
    app.db
        .transaction(async |conn| {
            let mut adjustment = lock_adjustment(conn, id).await?.ok_or(AdjustmentError::NotFound)?;
            adjustment.may_be_decided_by(by.0)?;
            let draft = adjustment.draft()?;
            adjustment.transfer_id = Some(draft.id());
            decide(conn, &mut adjustment, (by, AdjustmentStatus::Approved, "adjustment_approved"), now).await?;
            app.books.post_in_tx(conn, &[draft]).await?;
            Ok(adjustment)
        })
        .await
}

pub async fn reject_adjustment(app: &App, by: Person, id: AdjustmentId) -> Result<Adjustment, AdjustmentError> {
    let now = app.clock.now();
    let by = &by;
    app.db
        .transaction(async |conn| {
            let mut adjustment = lock_adjustment(conn, id).await?.ok_or(AdjustmentError::NotFound)?;
            adjustment.may_be_decided_by(by.0)?;
            decide(conn, &mut adjustment, (by, AdjustmentStatus::Rejected, "adjustment_rejected"), now).await?;
            Ok(adjustment)
        })
        .await
}

async fn decide(
    conn: &mut Conn,
    adjustment: &mut Adjustment,
    (by, status, what): (&Person, AdjustmentStatus, &'static str),
    now: Timestamp,
) -> Result<(), AdjustmentError> {
    adjustment.status = status;
    adjustment.decided_by = Some(by.0);
    adjustment.decided_at = Some(now);
    save_decision(conn, adjustment).await?;
    record(conn, adjustment, by, what, now).await
}

async fn record(
    conn: &mut Conn,
    adjustment: &Adjustment,
    (person, whence): &Person,
    what: &'static str,
    now: Timestamp,
) -> Result<(), AdjustmentError> {
    let action = Action {
        doer: Doer::Person(*person, whence.clone()),
        what,
        subject: adjustment.id.to_string(),
        reason: Some(adjustment.reason.clone()),
        detail: json!({"reverses": adjustment.reverses, "legs": adjustment.legs}),
    };
    Ok(record_in_tx(conn, action, now).await?)
}
