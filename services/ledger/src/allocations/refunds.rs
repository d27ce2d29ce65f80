//! Money that goes back to a customer, and money that comes back from there. Each joins the transaction of the event's inbox
//! row.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Money, PaymentId, RefundId, TransferId, UserId};
use serde_json::json;
use store::Conn;
use uuid::Uuid;

use super::{
    AllocationError, CompanySettlement,
    commands::{Cause, draft, post_all},
    disputes::reserve_in_tx,
    model::{BookingShare, PaymentPosition},
    settlement,
    store::{About, is_first_move, lock_booking, payment_position, save_booking, save_payment},
};
use crate::{
    accounts::ProviderCode,
    actions::{Action, Doer, Whence, record_in_tx},
    rules::{Cast, Parts},
    startup::App,
    transfers::{TransferDraft, TransferKind},
};

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
    /// Who wanted it, where somebody did.
    pub requested_by: Option<UserId>,
    pub at: Timestamp,
    pub event_id: Uuid,
    pub settlement: Option<CompanySettlement>,
    /// What of the platform's fee went back with it, where the payment had settled with the company.
    pub fee: i64,
}

impl RefundedPayment {
    /// With the provider alone.
    fn cast(&self) -> Cast {
        Cast { provider: Some(self.provider.clone()), ..Cast::new(self.amount.currency) }
    }

    pub(super) fn cause(&self, purpose: &str) -> Cause {
        Cause {
            id: TransferId::derived(self.refund_id.uuid(), purpose),
            source: self.refund_id.to_string(),
            at: self.at,
            event_id: self.event_id,
        }
    }
}

/// Takes a refund from where the payment's money is.
pub async fn refund_payment_in_tx(app: &App, conn: &mut Conn, fact: RefundedPayment) -> Result<(), AllocationError> {
    move_refund_in_tx(app, conn, &fact, &[Way::Out]).await
}

/// Puts a refund back that did not reach its customer; `at` and `event_id` are of its return. That it had gone out may
/// not have been heard of yet, and is made up for then.
pub async fn return_refund_in_tx(app: &App, conn: &mut Conn, fact: RefundedPayment) -> Result<(), AllocationError> {
    move_refund_in_tx(app, conn, &fact, &[Way::Out, Way::Back]).await
}

/// Which way the money of a refund goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Out,
    Back,
}

impl Way {
    fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Back => "back",
        }
    }
}

const RETURNED: &str = "returned";

/// Where a refund's money comes from, all of it locked.
struct Ground {
    booking_id: BookingId,
    booking: BookingShare,
    payment: PaymentPosition,
}

/// Which accounts a refund touches depends on what was heard before it, and it may touch none: that it has moved is
/// written down by itself.
async fn move_refund_in_tx(
    app: &App,
    conn: &mut Conn,
    fact: &RefundedPayment,
    ways: &[Way],
) -> Result<(), AllocationError> {
    let currency = fact.amount.currency;
    let mut ground = match fact.booking {
        Some((booking_id, company_id)) => {
            let booking = lock_booking(conn, booking_id, company_id, currency).await?;
            let about = About { payment_id: fact.payment_id, booking_id, settlement: fact.settlement };
            let payment = payment_position(conn, about, fact.payment_amount).await?;
            Some(Ground { booking_id, booking, payment })
        }
        None => None,
    };
    let (mut drafts, mut has_moved) = (Vec::new(), false);
    for way in ways {
        if !is_first_move(conn, fact.refund_id, way.as_str(), fact.at).await? {
            continue;
        }
        has_moved = true;
        if *way == Way::Out {
            record_refund_in_tx(conn, fact).await?;
        }
        drafts.extend(match fact.settlement {
            Some(settled) => settled_refund(fact, settled, ground.as_mut().map(|ground| &mut ground.payment), *way)?,
            None => platform_refund(fact, ground.as_mut(), *way)?.into_iter().collect(),
        });
    }
    if !has_moved {
        return Ok(());
    }
    if let Some(Ground { booking_id, booking, payment }) = &ground {
        save_booking(conn, *booking_id, booking, app.clock.now()).await?;
        save_payment(conn, fact.payment_id, payment).await?;
        drafts.extend(reserve_in_tx(conn, *booking_id, booking, (fact.at, fact.event_id)).await?);
    }
    post_all(app, conn, drafts).await
}

/// Of a payment that the platform holds.
fn platform_refund(
    fact: &RefundedPayment,
    ground: Option<&mut Ground>,
    way: Way,
) -> Result<Option<TransferDraft>, AllocationError> {
    let amount = fact.amount.amount;
    let mut cast = fact.cast();
    let (kind, parts) = match (ground, way) {
        (Some(Ground { booking, payment, .. }), way) => {
            let moved = match way {
                Way::Out => payment.refund(booking, amount)?,
                Way::Back => payment.return_refund(booking, amount)?,
            };
            cast.company = Some(booking.company_id);
            cast.tax_country = payment.split.as_ref().map(|(_, country)| country.clone());
            cast.completed = booking.completed;
            moved
        }
        (None, Way::Out) => (TransferKind::UnallocatedRefunded, Parts::whole(amount)),
        (None, Way::Back) => (TransferKind::UnallocatedRefundReturned, Parts::whole(amount)),
    };
    let purpose = if way == Way::Out { "refunded" } else { RETURNED };
    draft(fact.cause(purpose), kind, &cast, parts)
}

/// Of a payment that settled with the company. What comes back of such a refund is where the payment had passed: with the
/// platform it is nobody's until somebody decides.
fn settled_refund(
    fact: &RefundedPayment,
    settled: CompanySettlement,
    payment: Option<&mut PaymentPosition>,
    way: Way,
) -> Result<Vec<TransferDraft>, AllocationError> {
    let (amount, currency) = (fact.amount.amount, fact.amount.currency);
    let mut cast = fact.cast();
    cast.company = fact.booking.map(|(_, company_id)| company_id);
    cast.tax_country = payment.as_ref().and_then(|payment| payment.split.as_ref().map(|(_, country)| country.clone()));
    match (way, payment) {
        (Way::Out, Some(payment)) => {
            let parts = payment.refund_settled(amount, fact.fee, currency)?;
            settlement::refunded(fact, settled, payment, (&cast, parts))
        }
        // Of something that is not a booking: it was never taken.
        (Way::Out, None) => {
            let parts = settled.fee.parts(amount, (0, fact.fee), currency)?;
            settlement::refunded(fact, settled, &PaymentPosition::new(fact.payment_amount), (&cast, parts))
        }
        (Way::Back, payment) => {
            if let Some(payment) = payment {
                payment.refunded = payment.refunded.saturating_sub(amount).max(0);
            }
            // Else the company has it again: of what is ours nothing has moved.
            let ours = if settled.passes_platform { amount } else { 0 };
            let kind = TransferKind::UnallocatedRefundReturned;
            Ok(draft(fact.cause(RETURNED), kind, &cast, Parts::whole(ours))?.into_iter().collect())
        }
    }
}

/// What a person has done stands in the trail; what follows from rules does not.
async fn record_refund_in_tx(conn: &mut Conn, fact: &RefundedPayment) -> Result<(), AllocationError> {
    let Some(person) = fact.requested_by else { return Ok(()) };
    let action = Action {
        doer: Doer::Person(person, Whence(None)),
        what: "payment_refunded",
        subject: fact.refund_id.to_string(),
        reason: None,
        detail: json!({"payment_id": fact.payment_id, "amount": fact.amount}),
    };
    Ok(record_in_tx(conn, action, fact.at).await?)
}
