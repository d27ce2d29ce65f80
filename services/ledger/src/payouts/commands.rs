//! Holding, capturing, voiding and taking back a payout. Each has an id that follows from the payout's, so that asking
//! again changes nothing.

use jiff::Timestamp;
use kernel::{CompanyId, Money, PayoutId, TransferId};
use serde_json::{Value, json};
use store::Conn;

use super::{
    error::PayoutError,
    model::{SetOff, Standing, set_off},
};
use crate::{
    accounts::{AccountCode, ProviderCode, store::lock_accounts},
    actions::{Action as Done, Doer, record_in_tx},
    rules::{Cast, Parts, legs},
    startup::App,
    transfers::{Action, Leg, TransferDraft, TransferKind, desk::AccountState, find_holds, is_posted},
};

/// Money that is to leave.
#[derive(Debug, Clone)]
pub struct Payout {
    pub id: PayoutId,
    pub company_id: CompanyId,
    pub provider: ProviderCode,
    pub amount: Money,
}

impl Payout {
    fn legs(&self, kind: TransferKind, amount: i64) -> Result<Vec<Leg>, PayoutError> {
        let cast = Cast {
            company: Some(self.company_id),
            provider: Some(self.provider.clone()),
            ..Cast::new(self.amount.currency)
        };
        Ok(legs(kind, &cast, Parts::whole(amount))?)
    }

    fn detail(&self) -> Value {
        json!({"company_id": self.company_id, "provider": self.provider.as_str(), "amount": self.amount})
    }
}

fn transfer(id: PayoutId, purpose: &str) -> TransferId {
    TransferId::derived(id.uuid(), purpose)
}

/// Sets off what the company owes, then holds the payout. Refused where what is payable after that is less.
pub async fn hold_payout_in_tx(app: &App, conn: &mut Conn, payout: &Payout, by: &Doer) -> Result<(), PayoutError> {
    if payout.amount.amount <= 0 {
        return Err(PayoutError::NoAmount);
    }
    let now = app.clock.now();
    let SetOff { postings, payable } = set_off(standing(app, conn, payout).await?);
    // Under the locks of the company's accounts.
    if is_held(conn, payout).await? {
        return Ok(());
    }
    if payout.amount.amount > payable {
        return Err(PayoutError::Insufficient);
    }
    let mut drafts = Vec::new();
    for (kind, amount) in postings {
        let id = transfer(payout.id, kind.as_str());
        drafts.push(TransferDraft::new(id, kind, payout.id.to_string(), now, payout.legs(kind, amount)?)?);
    }
    let action = Action::Hold { legs: payout.legs(TransferKind::Payout, payout.amount.amount)?, expires_at: None };
    drafts.push(draft(payout.id, ("held", TransferKind::Payout), now, action)?);
    record(app, conn, by, ("payout_held", payout.id), payout.detail()).await?;
    app.books.post_in_tx(conn, &drafts).await?;
    Ok(())
}

/// Whether this payout is held, or was; an id that belongs to another payout is refused.
async fn is_held(conn: &mut Conn, payout: &Payout) -> Result<bool, PayoutError> {
    let id = transfer(payout.id, "held");
    let Some(held) = find_holds(conn, &[id]).await?.remove(&id) else { return Ok(false) };
    let in_order = |mut legs: Vec<Leg>| {
        legs.sort_by_key(|leg| leg.account.id());
        legs
    };
    let asked = payout.legs(TransferKind::Payout, payout.amount.amount)?;
    if in_order(held.legs) == in_order(asked) { Ok(true) } else { Err(PayoutError::Contradiction) }
}

/// Locks what the company has and owes.
async fn standing(app: &App, conn: &mut Conn, payout: &Payout) -> Result<Standing, PayoutError> {
    let payable = AccountCode::CompanyPayable(payout.company_id).in_currency(payout.amount.currency);
    let receivable = AccountCode::Receivable(payout.company_id).in_currency(payout.amount.currency);
    let cash = AccountCode::Cash(payout.company_id).in_currency(payout.amount.currency);
    app.books.open_in_tx(conn, &[&payable, &receivable, &cash]).await?;
    // All that will be posted on, so that nothing is locked out of order later.
    let provider = AccountCode::Provider(payout.provider.clone()).in_currency(payout.amount.currency);
    let mut ids = [payable.id(), receivable.id(), cash.id(), provider.id()];
    ids.sort_unstable();
    let states = lock_accounts(conn, &ids).await?;
    let available = |id| {
        let state = states.iter().find(|state: &&AccountState| state.id == id);
        state.map_or(0, |state| i64::try_from(state.available()).unwrap_or(i64::MIN))
    };
    Ok(Standing {
        payable: available(payable.id()),
        receivable: available(receivable.id()),
        desk_debt: available(cash.id()),
    })
}

/// The provider has taken it on.
pub async fn capture_payout_in_tx(app: &App, conn: &mut Conn, id: PayoutId, by: &Doer) -> Result<(), PayoutError> {
    let action = Action::Capture { hold_id: transfer(id, "held"), legs: None };
    close(app, conn, id, ("captured", "payout_captured", by), action).await
}

/// The provider has refused it.
pub async fn void_payout_in_tx(app: &App, conn: &mut Conn, id: PayoutId, by: &Doer) -> Result<(), PayoutError> {
    close(app, conn, id, ("voided", "payout_voided", by), Action::Void(transfer(id, "held"))).await
}

async fn close(
    app: &App,
    conn: &mut Conn,
    id: PayoutId,
    (how, what, by): (&str, &'static str, &Doer),
    action: Action,
) -> Result<(), PayoutError> {
    if is_posted(conn, transfer(id, how)).await? {
        return Ok(());
    }
    let draft = draft(id, (how, TransferKind::Payout), app.clock.now(), action)?;
    record(app, conn, by, (what, id), json!({})).await?;
    app.books.post_in_tx(conn, &[draft]).await?;
    Ok(())
}

/// It was paid out and has come back: the company has it again.
pub async fn return_payout_in_tx(app: &App, conn: &mut Conn, payout: &Payout, by: &Doer) -> Result<(), PayoutError> {
    let kind = TransferKind::PayoutReturned;
    if !is_held(conn, payout).await? || !is_posted(conn, transfer(payout.id, "captured")).await? {
        return Err(PayoutError::NotPaidOut);
    }
    if is_posted(conn, transfer(payout.id, "returned")).await? {
        return Ok(());
    }
    let action = Action::Post(payout.legs(kind, payout.amount.amount)?);
    let draft = draft(payout.id, ("returned", kind), app.clock.now(), action)?;
    record(app, conn, by, ("payout_returned", payout.id), payout.detail()).await?;
    app.books.post_in_tx(conn, &[draft]).await?;
    Ok(())
}

/// Once for what is done once: whoever asks again is not told of.
async fn record(
    app: &App,
    conn: &mut Conn,
    by: &Doer,
    (what, id): (&'static str, PayoutId),
    detail: Value,
) -> Result<(), PayoutError> {
    let done = Done { doer: by.clone(), what, subject: id.to_string(), reason: None, detail };
    Ok(record_in_tx(conn, done, app.clock.now()).await?)
}

fn draft(
    id: PayoutId,
    (purpose, kind): (&str, TransferKind),
    now: Timestamp,
    action: Action,
) -> Result<TransferDraft, PayoutError> {
    Ok(TransferDraft::of(transfer(id, purpose), kind, id.to_string(), now, action)?)
}
