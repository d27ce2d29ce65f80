//! One command per business event. Each joins the transaction of the event's inbox row.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, Money, PaymentId, RefundId, TransferId};
use store::Conn;
use uuid::Uuid;

use super::{
    AllocationError,
    disputes::reserve_in_tx,
    store::{lock_booking, payment_position, save_booking, save_payment},
};
use crate::{
    accounts::{Country, ProviderCode},
    rules::{Cast, Parts, Rates, Split, legs, standard_rate},
    startup::App,
    transfers::{TransferDraft, TransferKind, is_posted},
};

/// The provider holds the money of a payment.
#[derive(Debug)]
pub struct ReceivedPayment {
    pub payment_id: PaymentId,
    pub provider: ProviderCode,
    pub amount: Money,
    pub at: Timestamp,
    pub event_id: Uuid,
}

/// A booking has taken a payment towards its price of `total` gross and `subtotal` net.
#[derive(Debug)]
pub struct AppliedPayment {
    pub payment_id: PaymentId,
    pub booking_id: BookingId,
    pub company_id: CompanyId,
    pub country: Country,
    pub amount: Money,
    pub subtotal: i64,
    pub total: i64,
    pub at: Timestamp,
    pub event_id: Uuid,
}

/// Part of a payment, or all of it, has gone back to the customer.
#[derive(Debug)]
pub struct RefundedPayment {
    pub refund_id: RefundId,
    pub payment_id: PaymentId,
    /// `None` for a payment of something that is not a booking.
    pub booking: Option<(BookingId, CompanyId)>,
    pub provider: ProviderCode,
    pub amount: Money,
    pub payment_amount: i64,
    pub at: Timestamp,
    pub event_id: Uuid,
}

/// A booking is over.
#[derive(Debug)]
pub struct CompletedBooking {
    pub booking_id: BookingId,
    pub company_id: CompanyId,
    pub currency: Currency,
    pub at: Timestamp,
    pub event_id: Uuid,
}

/// What makes one transfer: its derived id, what it is about, when it takes effect and which event told.
pub(super) struct Cause {
    pub id: TransferId,
    pub source: String,
    pub at: Timestamp,
    pub event_id: Uuid,
}

pub async fn receive_payment_in_tx(app: &App, conn: &mut Conn, fact: ReceivedPayment) -> Result<(), AllocationError> {
    let cast = Cast { provider: Some(fact.provider), ..Cast::new(fact.amount.currency) };
    let cause = Cause {
        id: TransferId::derived(fact.payment_id.uuid(), "received"),
        source: fact.payment_id.to_string(),
        at: fact.at,
        event_id: fact.event_id,
    };
    let received = draft(cause, TransferKind::PaymentReceived, &cast, Parts::whole(fact.amount.amount))?;
    post_all(app, conn, received.into_iter().collect()).await
}

pub async fn allocate_payment_in_tx(app: &App, conn: &mut Conn, fact: AppliedPayment) -> Result<(), AllocationError> {
    let currency = fact.amount.currency;
    let rates = Rates { commission: app.commission, vat: standard_rate(&fact.country) };
    let split = Split::new(fact.amount, fact.subtotal, fact.total, rates)?;
    let mut booking = lock_booking(conn, fact.booking_id, fact.company_id, currency).await?;
    let mut payment = payment_position(conn, fact.payment_id, fact.booking_id, fact.amount.amount).await?;
    let Some(parts) = payment.take(&mut booking, split, fact.country.clone())? else { return Ok(()) };
    save_booking(conn, fact.booking_id, &booking, app.clock.now()).await?;
    save_payment(conn, fact.payment_id, &payment).await?;
    let cast = Cast {
        company: Some(fact.company_id),
        tax_country: Some(fact.country),
        completed: booking.completed,
        ..Cast::new(currency)
    };
    let cause = Cause {
        id: TransferId::derived(fact.payment_id.uuid(), "allocated"),
        source: fact.payment_id.to_string(),
        at: fact.at,
        event_id: fact.event_id,
    };
    let allocated = draft(cause, TransferKind::PaymentAllocated, &cast, parts)?;
    let kept = reserve_in_tx(conn, fact.booking_id, &booking, (fact.at, fact.event_id)).await?;
    post_all(app, conn, allocated.into_iter().chain(kept).collect()).await
}

pub async fn refund_payment_in_tx(app: &App, conn: &mut Conn, fact: RefundedPayment) -> Result<(), AllocationError> {
    let currency = fact.amount.currency;
    let cause = Cause {
        id: TransferId::derived(fact.refund_id.uuid(), "refunded"),
        source: fact.refund_id.to_string(),
        at: fact.at,
        event_id: fact.event_id,
    };
    let mut cast = Cast { provider: Some(fact.provider), ..Cast::new(currency) };
    let Some((booking_id, company_id)) = fact.booking else {
        let parts = Parts::whole(fact.amount.amount);
        let refunded = draft(cause, TransferKind::UnallocatedRefunded, &cast, parts)?;
        return post_all(app, conn, refunded.into_iter().collect()).await;
    };
    let mut booking = lock_booking(conn, booking_id, company_id, currency).await?;
    let mut payment = payment_position(conn, fact.payment_id, booking_id, fact.payment_amount).await?;
    // Which accounts a refund touches depends on what was heard before it, so the content of a repetition may
    // differ. Under the lock of its booking it is enough to know that it has been posted.
    if is_posted(conn, cause.id).await? {
        return Ok(());
    }
    let (kind, parts) = payment.refund(&mut booking, fact.amount.amount)?;
    save_booking(conn, booking_id, &booking, app.clock.now()).await?;
    save_payment(conn, fact.payment_id, &payment).await?;
    cast.company = Some(company_id);
    cast.tax_country = payment.split.map(|(_, country)| country);
    cast.completed = booking.completed;
    let refunded = draft(cause, kind, &cast, parts)?;
    let kept = reserve_in_tx(conn, booking_id, &booking, (fact.at, fact.event_id)).await?;
    post_all(app, conn, refunded.into_iter().chain(kept).collect()).await
}

pub async fn complete_booking_in_tx(app: &App, conn: &mut Conn, fact: CompletedBooking) -> Result<(), AllocationError> {
    let mut booking = lock_booking(conn, fact.booking_id, fact.company_id, fact.currency).await?;
    let Some(parts) = booking.complete() else { return Ok(()) };
    save_booking(conn, fact.booking_id, &booking, app.clock.now()).await?;
    let cast = Cast { company: Some(fact.company_id), ..Cast::new(fact.currency) };
    let cause = Cause {
        id: TransferId::derived(fact.booking_id.uuid(), "released"),
        source: fact.booking_id.to_string(),
        at: fact.at,
        event_id: fact.event_id,
    };
    let released = draft(cause, TransferKind::ShareReleased, &cast, parts)?;
    let kept = reserve_in_tx(conn, fact.booking_id, &booking, (fact.at, fact.event_id)).await?;
    post_all(app, conn, released.into_iter().chain(kept).collect()).await
}

/// An event's transfer by its rule; none where nothing moves.
pub(super) fn draft(
    cause: Cause,
    kind: TransferKind,
    cast: &Cast,
    parts: Parts,
) -> Result<Option<TransferDraft>, AllocationError> {
    let legs = legs(kind, cast, parts)?;
    if legs.is_empty() {
        return Ok(None);
    }
    Ok(Some(TransferDraft::new(cause.id, kind, cause.source, cause.at, legs)?.caused_by(cause.event_id)))
}

/// Posts what an event makes, all of it in one go: nothing may be locked after that.
pub(super) async fn post_all(app: &App, conn: &mut Conn, drafts: Vec<TransferDraft>) -> Result<(), AllocationError> {
    if !drafts.is_empty() {
        app.books.post_in_tx(conn, &drafts).await?;
    }
    Ok(())
}
