//! Money that a company takes and hands back at its own desk. The platform never holds it: the company keeps its share
//! out of the till at once, and owes the rest.

use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, RefundId, TransferId};
use store::Conn;
use uuid::Uuid;

use super::AllocationError;
use crate::{
    accounts::Country,
    rules::{Cast, Parts, Rates, Split, legs, standard_rate},
    startup::App,
    transfers::{TransferDraft, TransferKind},
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
    post(app, conn, &fact, fact.payment_id.uuid(), &source, kinds, parts).await
}

pub async fn return_at_desk_in_tx(app: &App, conn: &mut Conn, fact: DeskRefund) -> Result<(), AllocationError> {
    let after = fact.before.checked_add(fact.amount).ok_or(AllocationError::Overflow)?;
    let parts = split(app, &fact.payment)?.between(fact.before, after, fact.payment.amount.currency)?;
    let source = fact.refund_id.to_string();
    // The company's share comes back into the till before it goes out of it.
    let kinds = [TransferKind::DeskShareReturned, TransferKind::DeskPaymentReturned];
    post(app, conn, &fact.payment, fact.refund_id.uuid(), &source, kinds, parts).await
}

fn split(app: &App, fact: &DeskPayment) -> Result<Split, AllocationError> {
    let rates = Rates { commission: app.commission, vat: standard_rate(&fact.country) };
    Ok(Split::new(fact.amount, fact.subtotal, fact.total, rates)?)
}

async fn post(
    app: &App,
    conn: &mut Conn,
    fact: &DeskPayment,
    about: Uuid,
    source: &str,
    kinds: [TransferKind; 2],
    parts: Parts,
) -> Result<(), AllocationError> {
    let cast = Cast {
        company: Some(fact.company_id),
        tax_country: Some(fact.country.clone()),
        ..Cast::new(fact.amount.currency)
    };
    for kind in kinds {
        let legs = legs(kind, &cast, parts)?;
        if legs.is_empty() {
            continue;
        }
        let id = TransferId::derived(about, kind.as_str());
        let draft = TransferDraft::new(id, kind, source.to_owned(), fact.at, legs)?.caused_by(fact.event_id);
        app.books.post_in_tx(conn, &[draft]).await?;
    }
    Ok(())
}
