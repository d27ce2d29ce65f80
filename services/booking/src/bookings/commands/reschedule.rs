//! Moving a booking: what it would cost, and the move, which is one swap. When the new slots cannot be had nothing has
//! changed, and the old ones are still the booking's.

use jiff::Timestamp;
use kernel::{BookingId, Money, RoomId};
use service_kit::Caller;
use store::Conn;

use super::{carry_out_in_tx, lock_with_rooms_in_tx};
use crate::{
    availability::{
        Asked, InputError, Together,
        model::Reason,
        stock,
        store::{self as availability, Bookable},
    },
    bookings::{
        BookingError, Refusal,
        model::{BookedRoom, Booking, Change, Command, Fact, Mover, Target, decide},
        occupancy::{self, Obstacle},
        store::{self as bookings, Access},
    },
    prices::{engine::Price, model::AddOnChoice},
    promotions::redemptions::find_redeemed,
    quotes::{Expected, TokenError, Wishes, price_for},
    startup::App,
    studios::store::version_of,
};

/// Where a booking is wanted; what is absent stays as it is.
#[derive(Debug, Clone)]
pub struct Reschedule {
    pub asked: Asked,
    pub room_ids: Option<Vec<RoomId>>,
    pub add_ons: Option<Vec<AddOnChoice>>,
    /// The price of this quote is charged.
    pub quote_token: Option<String>,
}

/// What a move would change about the money.
#[derive(Debug, Clone)]
pub struct Difference {
    pub price: Price,
    /// New total less old one; negative when it becomes cheaper.
    pub difference: Money,
    /// What would be left to pay.
    pub due: Money,
    /// What would go back.
    pub refund: Money,
}

struct Plan {
    rooms: Together,
    target: Target,
    choices: Vec<AddOnChoice>,
}

fn mover(booking: &Booking, caller: &Caller) -> Mover {
    if booking.customer_id() == Some(caller.user_id()) { Mover::Customer } else { Mover::Company }
}

/// What a move would cost at this instant, or why it is not possible.
pub async fn quote_reschedule(
    app: &App,
    caller: &Caller,
    id: BookingId,
    wish: &Reschedule,
) -> Result<Difference, BookingError> {
    let mut conn = app.db.conn().await?;
    let found = bookings::find_booking(&mut conn, id, &Access::of(caller)).await?;
    let (mut booking, now) = (found.ok_or(BookingError::NotFound)?, app.clock.now());
    let before = booking.price.total;
    let plan = plan(app, &mut conn, &booking, wish, mover(&booking, caller), now).await?;
    let price = plan.target.price.clone();
    let mut refund = price.currency().zero();
    if let Some(change) = decide_move(&booking, plan.target, mover(&booking, caller), now)? {
        refund = credit_of(&change, refund);
        booking.apply(&change);
        if occupancy::obstacles(&mut conn, &booking, now).await?.contains(&Obstacle::Occupied) {
            return Err(Refusal::SlotTaken.into());
        }
        if stock::is_short(&mut conn, &plan.choices, booking.interval, Some(id), now).await? {
            return Err(Refusal::OutOfStock.into());
        }
    }
    Ok(Difference { difference: price.total.checked_sub(before)?, due: booking.due(), refund, price })
}

fn credit_of(change: &Change, otherwise: Money) -> Money {
    match &change.fact {
        Fact::Rescheduled(moved) => moved.credit,
        _ => otherwise,
    }
}

fn decide_move(booking: &Booking, target: Target, by: Mover, now: Timestamp) -> Result<Option<Change>, BookingError> {
    decide(booking, &Command::Reschedule { by, to: Box::new(target) }, now)
}

/// The booking after it, and the instant that was decided by.
pub async fn reschedule_booking(
    app: &App,
    caller: &Caller,
    id: BookingId,
    wish: &Reschedule,
) -> Result<(Booking, Timestamp), BookingError> {
    let moved = app.db.transaction(async |conn| reschedule_booking_in_tx(app, conn, caller, id, wish).await);
    moved.await
}

pub async fn reschedule_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    id: BookingId,
    wish: &Reschedule,
) -> Result<(Booking, Timestamp), BookingError> {
    let found = bookings::find_booking(conn, id, &Access::of(caller)).await?.ok_or(BookingError::NotFound)?;
    let by = mover(&found, caller);
    let planned = plan(app, conn, &found, wish, by, app.clock.now()).await?;
    let mut locked = lock_with_rooms_in_tx(app, conn, id, &room_ids(&planned.target)).await?;
    // Somebody else may have changed it, or the studio's hours, before the locks were had.
    let version = version_of(conn, found.studio_id).await?;
    let is_current = locked.booking == found && version == planned.rooms.studio_version();
    let planned = if is_current { planned } else { plan(app, conn, &locked.booking, wish, by, locked.now).await? };
    move_in_tx(conn, &mut locked, planned, by).await?;
    Ok((locked.booking, locked.now))
}

async fn move_in_tx(conn: &mut Conn, locked: &mut super::Locked, plan: Plan, by: Mover) -> Result<(), BookingError> {
    let (interval, now) = (plan.target.interval, locked.now);
    if by == Mover::Customer
        && let Some(reason) = plan.rooms.bad_start(interval.start(), now)
    {
        return Err(Refusal::Unavailable(reason).into());
    }
    let Some(change) = decide_move(&locked.booking, plan.target, by, now)? else { return Ok(()) };
    // Before the slots: the add-ons, and whoever does them, are claimed with them.
    bookings::replace_choices(conn, &locked.booking, &plan.choices).await?;
    carry_out_in_tx(conn, locked, &change).await
}

fn room_ids(target: &Target) -> Vec<RoomId> {
    std::iter::once(target.room).chain(target.further_rooms.iter().copied()).map(|room| room.room_id).collect()
}

/// Reads and judges everything but whether the slots are free.
async fn plan(
    app: &App,
    conn: &mut Conn,
    booking: &Booking,
    wish: &Reschedule,
    by: Mover,
    now: Timestamp,
) -> Result<Plan, BookingError> {
    let room_ids = wish.room_ids.clone().unwrap_or_else(|| booking.room_ids());
    let found = availability::find_bookables(conn, &room_ids).await?.ok_or(BookingError::NotFound)?;
    let rooms = Together::new(found)?.ok_or(BookingError::NotFound)?;
    if rooms.first().calendar.room.studio_id != booking.studio_id {
        return Err(InputError::SeveralStudios.into());
    }
    if room_ids.len() > 1 && availability::rooms_overlap(conn, &room_ids).await? {
        return Err(InputError::OverlappingRooms.into());
    }
    let interval = wish.asked.interval(rooms.zone())?;
    let may_override = by == Mover::Company && interval.end() > now;
    let mut reasons = rooms.reasons(interval, now).into_iter();
    if let Some(reason) = reasons.find(|reason| !(may_override && reason.staff_may_override())) {
        return Err(Refusal::Unavailable(reason).into());
    }
    let add_ons = rooms.add_ons().ok_or(Refusal::PricesMissing)?;
    let asked = match &wish.add_ons {
        Some(choices) => choices.clone(),
        None => bookings::find_choices(conn, booking.id).await?,
    };
    rooms.check_choices(&asked)?;
    let redeemed = find_redeemed(conn, booking.id).await?;
    let (mut price, choices) = match &wish.quote_token {
        Some(token) => {
            let add_ons = Some(asked.as_slice());
            let expected = Expected { room_ids: &room_ids, interval, add_ons, party_size: None, promotion_code: None };
            let quote = app.config.quote_key.redeem(token, &expected, now).map_err(Refusal::Quote)?;
            // It keeps the promotion it has; another one cannot be had by moving.
            if quote.promotion_id.is_some() && quote.promotion_id != redeemed.map(|promotion| promotion.id) {
                return Err(Refusal::Quote(TokenError::Mismatch).into());
            }
            (quote.price, quote.add_ons)
        }
        None => {
            let party_size = booking.price.party_size;
            let wishes = Wishes { add_ons: asked, party_size, promotion_code: None };
            (price_for(&rooms, interval, &wishes, redeemed.as_ref())?.price, wishes.add_ons)
        }
    };
    if stock::exceeds(&choices, &add_ons) {
        return Err(Refusal::Unavailable(Reason::OutOfStock).into());
    }
    price.keep_held_charges(&booking.price)?;
    let further_rooms = rooms.further().iter().map(booked).collect();
    let target = Target { interval, room: booked(rooms.first()), further_rooms, price };
    Ok(Plan { rooms, target, choices })
}

pub fn booked(room: &Bookable) -> BookedRoom {
    let room = &room.calendar.room;
    BookedRoom { room_id: room.id, turnaround_minutes: room.settings.turnaround_minutes }
}
