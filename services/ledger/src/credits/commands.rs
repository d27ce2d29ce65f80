//! Granting, spending and taking back. Every command locks the customer's lots first and posts last.

use jiff::Timestamp;
use kernel::{CreditGrantId, Currency, TransferId, UserId};
use store::Conn;

use super::{
    CreditError,
    model::{Lot, Origin, give_back, take},
    store::{
        LotRow, NewLot, SpendRow, change_lot, close_spend, find_spend, insert_lot, insert_spend, lock_lot, lock_lots,
        lock_spend, portions_of,
    },
};
use crate::{
    rules::{Cast, Parts, legs},
    startup::App,
    transfers::{Action, Leg, PostError, Refusal, TransferDraft, TransferKind, find_holds, is_posted},
};

/// Credits for a customer.
#[derive(Debug, Clone)]
pub struct CreditGrant {
    pub id: CreditGrantId,
    pub user_id: UserId,
    pub currency: Currency,
    pub amount: i64,
    pub origin: Origin,
    pub source: String,
    pub expires_at: Option<Timestamp>,
}

impl CreditGrant {
    /// Whether the lot was made of the same content.
    fn is_of(&self, lot: &LotRow) -> bool {
        (lot.user_id, lot.currency, lot.granted) == (self.user_id, self.currency, self.amount)
            && (lot.origin.as_str(), lot.source.as_str()) == (self.origin.as_str(), self.source.as_str())
            && is_same(lot.expires_at.to_jiff(), self.expires_at)
    }
}

/// Credits that are to be spent, held until it is known whether they are.
#[derive(Debug, Clone)]
pub struct CreditSpend {
    pub hold_id: TransferId,
    pub user_id: UserId,
    pub currency: Currency,
    pub amount: i64,
    pub source: String,
    pub expires_at: Option<Timestamp>,
}

/// The database keeps microseconds.
fn is_same(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.map(Timestamp::as_microsecond) == other.map(Timestamp::as_microsecond)
}

/// The legs of credits that move; `kind` says which way.
pub fn credit_legs(
    kind: TransferKind,
    user_id: UserId,
    currency: Currency,
    amount: i64,
) -> Result<Vec<Leg>, CreditError> {
    let cast = Cast { customer: Some(user_id), ..Cast::new(currency) };
    Ok(legs(kind, &cast, Parts::whole(amount))?)
}

/// Grants credits once, however often it is asked for; false where they were granted before.
pub async fn grant_credits_in_tx(app: &App, conn: &mut Conn, grant: &CreditGrant) -> Result<bool, CreditError> {
    let now = app.clock.now();
    if grant.amount <= 0 {
        return Err(CreditError::NoAmount);
    }
    if let Some(known) = lock_lot(conn, grant.id).await? {
        return if grant.is_of(&known) { Ok(false) } else { Err(CreditError::Contradiction) };
    }
    if grant.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(CreditError::ExpiredGrant);
    }
    let lot = NewLot {
        id: grant.id,
        user_id: grant.user_id,
        currency: grant.currency,
        origin: grant.origin,
        source: &grant.source,
        amount: grant.amount,
        granted_at: now,
        expires_at: grant.expires_at,
    };
    if !insert_lot(conn, &lot).await? {
        // Somebody else has granted it at the same instant; a repetition compares.
        return Err(PostError::Raced.into());
    }
    let kind = match grant.origin {
        Origin::Purchase => TransferKind::CreditsPurchased,
        Origin::Allocation | Origin::Goodwill => TransferKind::CreditsAllocated,
    };
    let id = TransferId::derived(grant.id.uuid(), "granted");
    post(app, conn, (id, kind, &grant.source), now, credit_legs(kind, grant.user_id, grant.currency, grant.amount)?)
        .await?;
    Ok(true)
}

/// Holds credits, those that expire soonest first. The same hold again changes nothing.
pub async fn hold_credits_in_tx(app: &App, conn: &mut Conn, spend: &CreditSpend) -> Result<(), CreditError> {
    if spend.amount <= 0 {
        return Err(CreditError::NoAmount);
    }
    let now = app.clock.now();
    let lots = lock_lots(conn, spend.user_id, spend.currency).await?;
    if let Some(known) = find_spend(conn, spend.hold_id).await? {
        let hold = find_holds(conn, &[spend.hold_id]).await?.remove(&spend.hold_id);
        let expires_at = hold.and_then(|hold| hold.expires_at);
        let same = SpendRow { captured: None, ..known } == row(spend) && is_same(expires_at, spend.expires_at);
        return if same { Ok(()) } else { Err(CreditError::Contradiction) };
    }
    let portions = take(&lots, spend.amount, now).ok_or(CreditError::Insufficient)?;
    insert_spend(conn, &row(spend), &portions).await?;
    for portion in &portions {
        change_lot(conn, portion.lot, -portion.amount).await?;
    }
    let kind = TransferKind::CreditsSpent;
    let legs = credit_legs(kind, spend.user_id, spend.currency, spend.amount)?;
    let action = Action::Hold { legs, expires_at: spend.expires_at };
    let draft = TransferDraft::of(spend.hold_id, kind, spend.source.clone(), now, action)?;
    match app.books.post_in_tx(conn, &[draft]).await {
        Err(PostError::Refused(Refusal::BelowFloor(_))) => Err(CreditError::Insufficient),
        posted => Ok(posted.map(|_| ())?),
    }
}

fn row(spend: &CreditSpend) -> SpendRow {
    SpendRow {
        hold_id: spend.hold_id,
        user_id: spend.user_id,
        currency: spend.currency,
        source: spend.source.clone(),
        amount: spend.amount,
        captured: None,
    }
}

/// Spends what is held, or a part of it; the rest returns to its lots.
pub async fn capture_spend_in_tx(
    app: &App,
    conn: &mut Conn,
    hold_id: TransferId,
    amount: Option<i64>,
) -> Result<(), CreditError> {
    let spend = lock_spend(conn, hold_id).await?.ok_or(CreditError::UnknownSpend)?;
    let captured = amount.unwrap_or(spend.amount);
    if captured <= 0 {
        return Err(CreditError::NoAmount);
    }
    let legs = credit_legs(TransferKind::CreditsSpent, spend.user_id, spend.currency, captured)?;
    close(app, conn, &spend, (captured, Action::Capture { hold_id, legs: Some(legs) }, "captured")).await
}

/// Lets go what is held.
pub async fn void_spend_in_tx(app: &App, conn: &mut Conn, hold_id: TransferId) -> Result<(), CreditError> {
    let spend = lock_spend(conn, hold_id).await?.ok_or(CreditError::UnknownSpend)?;
    close(app, conn, &spend, (0, Action::Void(hold_id), "voided")).await
}

async fn close(
    app: &App,
    conn: &mut Conn,
    spend: &SpendRow,
    (captured, action, how): (i64, Action, &str),
) -> Result<(), CreditError> {
    let id = TransferId::derived(spend.hold_id.uuid(), how);
    match spend.captured {
        // The same again: the transfer that did it is there.
        Some(before) if before == captured && is_posted(conn, id).await? => return Ok(()),
        Some(_) => return Err(PostError::from(Refusal::HoldClosed(spend.hold_id)).into()),
        None => {}
    }
    close_spend(conn, spend.hold_id, captured).await?;
    return_portions(conn, spend.hold_id, captured).await?;
    let draft = TransferDraft::of(id, TransferKind::CreditsSpent, spend.source.clone(), app.clock.now(), action)?;
    app.books.post_in_tx(conn, &[draft]).await?;
    Ok(())
}

/// What of a spend was not captured goes back to its lots.
pub async fn return_portions(conn: &mut Conn, hold_id: TransferId, captured: i64) -> Result<(), CreditError> {
    for portion in give_back(&portions_of(conn, hold_id).await?, captured) {
        change_lot(conn, portion.lot, portion.amount).await?;
    }
    Ok(())
}

/// Takes back what is left of a grant, when its payment is refunded or disputed; answers how much that was.
pub async fn take_back_credits_in_tx(app: &App, conn: &mut Conn, id: CreditGrantId) -> Result<i64, CreditError> {
    let Some(lot) = lock_lot(conn, id).await? else { return Err(CreditError::UnknownSpend) };
    let (user_id, currency, source) = (lot.user_id, lot.currency, lot.source.clone());
    let kind = match Origin::parse(&lot.origin) {
        Origin::Purchase => TransferKind::CreditsTakenBack,
        Origin::Allocation | Origin::Goodwill => TransferKind::CreditsRevoked,
    };
    let Lot { id, remaining, .. } = lot.into();
    if remaining == 0 {
        return Ok(0);
    }
    change_lot(conn, id, -remaining).await?;
    let legs = credit_legs(kind, user_id, currency, remaining)?;
    // The lot is locked, and has nothing left from here on: a repetition takes nothing.
    post(app, conn, (TransferId::new(), kind, &source), app.clock.now(), legs).await?;
    Ok(remaining)
}

pub async fn post(
    app: &App,
    conn: &mut Conn,
    (id, kind, source): (TransferId, TransferKind, &str),
    at: Timestamp,
    legs: Vec<Leg>,
) -> Result<(), CreditError> {
    let draft = TransferDraft::new(id, kind, source, at, legs)?;
    app.books.post_in_tx(conn, &[draft]).await?;
    Ok(())
}
