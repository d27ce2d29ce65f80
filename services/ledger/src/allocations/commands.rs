//! One command per business event. Each joins the transaction of the event's inbox row.

use commission::Rate;
use futures_util::try_join;
use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, Money, PaymentId, TransferId};
use store::Conn;
use uuid::Uuid;

use super::{
    AllocationError, CompanySettlement,
    disputes::reserve_in_tx,
    settlement,
    store::{About, lock_booking, payment_position, save_booking, save_payment},
};
use crate::{
    accounts::{Country, ProviderCode},
    rules::{Cast, Parts, Rates, Split, legs, standard_rate},
    startup::App,
    transfers::{TransferDraft, TransferKind},
};

/// The provider holds the money of a payment.
#[derive(Debug)]
pub struct ReceivedPayment {
    pub payment_id: PaymentId,
    pub provider: ProviderCode,
    pub amount: Money,
    pub at: Timestamp,
    pub event_id: Uuid,
    /// `None` where the platform holds the money.
    pub settlement: Option<CompanySettlement>,
}

impl ReceivedPayment {
    pub(super) fn cause(&self, purpose: &str) -> Cause {
        Cause {
            id: TransferId::derived(self.payment_id.uuid(), purpose),
            source: self.payment_id.to_string(),
            at: self.at,
            event_id: self.event_id,
        }
    }
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
    pub settlement: Option<CompanySettlement>,
    /// As it was decided when the payment was made; not known of payments that were made long ago.
    pub commission: Option<Rate>,
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
    if let Some(settled) = fact.settlement {
        return post_all(app, conn, settlement::received(&fact, settled)?).await;
    }
    let cast = Cast { provider: Some(fact.provider.clone()), ..Cast::new(fact.amount.currency) };
    let parts = Parts::whole(fact.amount.amount);
    let received = draft(fact.cause("received"), TransferKind::PaymentReceived, &cast, parts)?;
    post_all(app, conn, received.into_iter().collect()).await
}

pub async fn allocate_payment_in_tx(app: &App, conn: &mut Conn, fact: AppliedPayment) -> Result<(), AllocationError> {
    let currency = fact.amount.currency;
    let mut booking = lock_booking(conn, fact.booking_id, fact.company_id, currency).await?;
    let about = About { payment_id: fact.payment_id, booking_id: fact.booking_id, settlement: fact.settlement };
    let mut payment = payment_position(conn, about, fact.amount.amount).await?;
    let taken = match fact.settlement {
        Some(_) => {
            let earned = payment.earn_fee(fact.country.clone(), currency)?;
            earned.map(|parts| (TransferKind::ApplicationFeeEarned, parts))
        }
        None => {
            let rates = rates(app, fact.commission, &fact.country);
            let split = Split::new(fact.amount, fact.subtotal, fact.total, rates)?;
            let allocated = payment.take(&mut booking, split, fact.country.clone())?;
            allocated.map(|parts| (TransferKind::PaymentAllocated, parts))
        }
    };
    let Some((kind, parts)) = taken else { return Ok(()) };
    let (saved, now) = (&*conn, app.clock.now());
    try_join!(save_booking(saved, fact.booking_id, &booking, now), save_payment(saved, fact.payment_id, &payment))?;
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
    let allocated = draft(cause, kind, &cast, parts)?;
    let kept = reserve_in_tx(conn, fact.booking_id, &booking, (fact.at, fact.event_id)).await?;
    post_all(app, conn, allocated.into_iter().chain(kept).collect()).await
}

/// The commission as its payment's events tell it, or as it is configured, and the VAT on it.
pub(super) fn rates(app: &App, told: Option<Rate>, country: &Country) -> Rates {
    let commission = told.unwrap_or(app.commission).percent();
    Rates { commission, vat: standard_rate(country.as_str()) }
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
