//! Money that a company takes and hands back at its own desk. The platform never holds it: the company keeps its share
//! out of the till at once, and owes the rest. Who wrote it down stands in the trail.

use commission::Rate;
use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, RefundId, TransferId, UserId};
use serde_json::json;
use store::Conn;
use uuid::Uuid;

use super::{
    AllocationError,
    commands::{post_all, rates},
};
use crate::{
    accounts::Country,
    actions::{Action, Doer, Whence, record_in_tx},
    rules::{Cast, Parts, Split, legs},
    startup::App,
    transfers::{TransferDraft, TransferKind, is_posted},
};

/// Money that was taken for a booking of `total` gross and `subtotal` net.
#[derive(Debug)]
pub struct DeskPayment {
    pub payment_id: PaymentId,
    pub company_id: CompanyId,
    pub country: Country,
    pub amount: Money,
    pub subtotal: i64,
    pub total: i64,
    /// Who of the company's staff has written it down; not known of what was recorded long ago.
    pub recorded_by: Option<UserId>,
    /// As it was when the payment was recorded, also where part of it is handed back later; not known of payments that were
    /// recorded long ago.
    pub commission: Option<Rate>,
    pub at: Timestamp,
    pub event_id: Uuid,
}

/// Part of such a payment, or all of it, was handed back; `before` is what had been handed back until then.
#[derive(Debug)]
pub struct DeskRefund {
    pub refund_id: RefundId,
    pub payment: DeskPayment,
    pub before: i64,
    pub amount: i64,
}

pub async fn take_at_desk_in_tx(app: &App, conn: &mut Conn, fact: DeskPayment) -> Result<(), AllocationError> {
    let parts = split(app, &fact)?.parts();
    let source = fact.payment_id.to_string();
    let kinds = [TransferKind::DeskPaymentTaken, TransferKind::DeskShareKept];
    let about = (fact.payment_id.uuid(), source.as_str(), TransferKind::DeskPaymentTaken);
    post(app, conn, &fact, about, kinds, parts).await
}

pub async fn return_at_desk_in_tx(app: &App, conn: &mut Conn, fact: DeskRefund) -> Result<(), AllocationError> {
    let after = fact.before.checked_add(fact.amount).ok_or(AllocationError::Overflow)?;
    let parts = split(app, &fact.payment)?.between(fact.before, after, fact.payment.amount.currency)?;
    let source = fact.refund_id.to_string();
    // The company's share comes back into the till before it goes out of it.
    let kinds = [TransferKind::DeskShareReturned, TransferKind::DeskPaymentReturned];
    let about = (fact.refund_id.uuid(), source.as_str(), TransferKind::DeskPaymentReturned);
    post(app, conn, &fact.payment, about, kinds, parts).await
}

fn split(app: &App, fact: &DeskPayment) -> Result<Split, AllocationError> {
    Ok(Split::new(fact.amount, fact.subtotal, fact.total, rates(app, fact.commission, &fact.country))?)
}

async fn post(
    app: &App,
    conn: &mut Conn,
    fact: &DeskPayment,
    (about, source, what): (Uuid, &str, TransferKind),
    kinds: [TransferKind; 2],
    parts: Parts,
) -> Result<(), AllocationError> {
    let cast = Cast {
        company: Some(fact.company_id),
        tax_country: Some(fact.country.clone()),
        ..Cast::new(fact.amount.currency)
    };
    let first = TransferId::derived(about, kinds[0].as_str());
    if let Some(person) = fact.recorded_by.filter(|_| parts.whole != 0)
        && !is_posted(conn, first).await?
    {
        let action = Action {
            doer: Doer::Person(person, Whence(None)),
            what: what.as_str(),
            subject: source.to_owned(),
            reason: None,
            detail: json!({"company_id": fact.company_id, "amount": Money::new(parts.whole, fact.amount.currency)}),
        };
        record_in_tx(conn, action, fact.at).await?;
    }
    let mut drafts = Vec::new();
    for kind in kinds {
        let legs = legs(kind, &cast, parts)?;
        if legs.is_empty() {
            continue;
        }
        let id = TransferId::derived(about, kind.as_str());
        drafts.push(TransferDraft::new(id, kind, source.to_owned(), fact.at, legs)?.caused_by(fact.event_id));
    }
    post_all(app, conn, drafts).await
}
