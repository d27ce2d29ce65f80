//! Recording news of a dispute, and keeping back what it may cost.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, DisputeId, Money, PaymentId, TransferId};
use store::Conn;
use uuid::Uuid;

use super::{
    model::{Dispute, DisputeState, Turn},
    store::{Subject, disputes_of, lock_dispute, save_dispute},
};
use crate::{
    accounts::ProviderCode,
    allocations::{
        AllocationError, CompanySettlement,
        commands::{Cause, draft, post_all},
        model::{BookingShare, PaymentPosition},
        store::{About, lock_booking, payment_position, read_position, save_booking, save_payment},
    },
    rules::{Cast, Parts},
    startup::App,
    transfers::{TransferDraft, TransferKind},
};

/// What billing has heard of a dispute.
#[derive(Debug)]
pub struct DisputeNews {
    pub dispute_id: DisputeId,
    pub payment_id: PaymentId,
    /// `None` for a payment of something that is not a booking.
    pub booking: Option<(BookingId, CompanyId)>,
    pub provider: ProviderCode,
    pub amount: Money,
    pub payment_amount: i64,
    pub state: DisputeState,
    /// In the dispute's currency.
    pub fee: Option<i64>,
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    pub event_id: Uuid,
    /// `None` where the platform holds the payment's money.
    pub settlement: Option<CompanySettlement>,
}

impl DisputeNews {
    fn cause(&self, purpose: &str, at: Timestamp) -> Cause {
        Cause {
            id: TransferId::derived(self.dispute_id.uuid(), purpose),
            source: self.dispute_id.to_string(),
            at,
            event_id: self.event_id,
        }
    }

    fn cast(&self) -> Cast {
        Cast { provider: Some(self.provider.clone()), ..Cast::new(self.amount.currency) }
    }
}

/// A booking and its payment, locked.
struct Ground {
    booking_id: BookingId,
    booking: BookingShare,
    payment: PaymentPosition,
}

pub async fn record_dispute_in_tx(app: &App, conn: &mut Conn, news: DisputeNews) -> Result<(), AllocationError> {
    if news.settlement.is_some_and(|settled| !settled.passes_platform) {
        // The provider settles it with the company: nothing of it is on the platform's account.
        return Ok(());
    }
    let mut ground = lock_ground(conn, &news).await?;
    let about = Subject { payment_id: news.payment_id, booking_id: ground.as_ref().map(|ground| ground.booking_id) };
    let (mut dispute, is_new) = lock_dispute(conn, news.dispute_id, about, news.amount).await?;
    let turns = dispute.hear(news.state, news.amount.amount, news.fee)?;
    let mut drafts = Vec::new();
    if is_new {
        let cause = news.cause("opened", news.opened_at);
        drafts.extend(draft(cause, TransferKind::DisputeOpened, &news.cast(), Parts::whole(dispute.amount))?);
    }
    for turn in turns {
        drafts.extend(turned(&news, &dispute, turn, ground.as_mut())?);
    }
    let at = if news.state == DisputeState::Open { news.opened_at } else { news.closed_at };
    if let Some(Ground { booking, payment, .. }) = &ground {
        // What is decided keeps nothing back: both are written in one.
        let kept = dispute.reserve(booking, payment)?;
        drafts.extend(reserve_draft(news.dispute_id, booking, kept, (at, news.event_id))?);
    }
    save_dispute(conn, news.dispute_id, &dispute).await?;
    if let Some(Ground { booking_id, booking, payment }) = ground {
        save_booking(conn, booking_id, &booking, app.clock.now()).await?;
        save_payment(conn, news.payment_id, &payment).await?;
        drafts.extend(reserve_in_tx(conn, booking_id, &booking, (at, news.event_id)).await?);
    }
    post_all(app, conn, drafts).await
}

async fn lock_ground(conn: &mut Conn, news: &DisputeNews) -> Result<Option<Ground>, AllocationError> {
    let Some((booking_id, company_id)) = news.booking else { return Ok(None) };
    let booking = lock_booking(conn, booking_id, company_id, news.amount.currency).await?;
    let about = About { payment_id: news.payment_id, booking_id, settlement: news.settlement };
    let payment = payment_position(conn, about, news.payment_amount).await?;
    Ok(Some(Ground { booking_id, booking, payment }))
}

fn turned(
    news: &DisputeNews,
    dispute: &Dispute,
    turn: Turn,
    ground: Option<&mut Ground>,
) -> Result<Option<TransferDraft>, AllocationError> {
    match turn {
        Turn::Fee(fee) => {
            let cause = news.cause("fee", news.opened_at);
            draft(cause, TransferKind::ProviderFee, &news.cast(), Parts::whole(fee))
        }
        Turn::Won => {
            let cause = news.cause("won", news.closed_at);
            draft(cause, TransferKind::DisputeWon, &news.cast(), Parts::whole(dispute.amount))
        }
        Turn::Lost => lost(news, dispute, ground),
    }
}

/// Takes what is lost from where the payment's money is.
fn lost(
    news: &DisputeNews,
    dispute: &Dispute,
    ground: Option<&mut Ground>,
) -> Result<Option<TransferDraft>, AllocationError> {
    let cause = news.cause("lost", news.closed_at);
    let Some(Ground { booking, payment, .. }) = ground else {
        return draft(cause, TransferKind::UnallocatedDisputed, &news.cast(), Parts::whole(dispute.amount));
    };
    let Some((kind, parts)) = payment.lose(booking, dispute.amount)? else { return Ok(None) };
    let cast = Cast {
        company: Some(booking.company_id),
        tax_country: payment.split.as_ref().map(|(_, country)| country.clone()),
        completed: booking.completed,
        ..news.cast()
    };
    draft(cause, kind, &cast, parts)
}

/// What has to be posted so that as much is kept back for a booking's disputes as they may cost its company now. Whoever
/// has changed the booking or one of its payments asks, under the booking's lock.
pub async fn reserve_in_tx(
    conn: &mut Conn,
    booking_id: BookingId,
    booking: &BookingShare,
    (at, event_id): (Timestamp, Uuid),
) -> Result<Vec<TransferDraft>, AllocationError> {
    let mut drafts = Vec::new();
    for (id, payment_id, mut dispute) in disputes_of(conn, booking_id).await? {
        let payment = read_position(conn, payment_id).await?;
        let kept = dispute.reserve(booking, &payment)?;
        if kept.is_some() {
            save_dispute(conn, id, &dispute).await?;
        }
        drafts.extend(reserve_draft(id, booking, kept, (at, event_id))?);
    }
    Ok(drafts)
}

/// Each event moves the reserve of a dispute once at most.
fn reserve_draft(
    id: DisputeId,
    booking: &BookingShare,
    kept: Option<(TransferKind, i64)>,
    (at, event_id): (Timestamp, Uuid),
) -> Result<Option<TransferDraft>, AllocationError> {
    let Some((kind, amount)) = kept else { return Ok(None) };
    let cast = Cast { company: Some(booking.company_id), ..Cast::new(booking.currency) };
    let transfer_id = TransferId::derived(id.uuid(), &format!("reserve:{event_id}"));
    draft(Cause { id: transfer_id, source: id.to_string(), at, event_id }, kind, &cast, Parts::whole(amount))
}
