//! Making a booking.

use actix_web::http::StatusCode;
use futures_util::try_join;
use jiff::{SignedDuration, Timestamp};
use kernel::{BookingId, RoomId, UserId};
use serde::Serialize;
use service_kit::{Caller, Idempotent, StoredAnswer};
use store::Conn;

use super::{claim_in_tx, clear_the_way_in_tx};
use crate::{
    availability::{
        Asked, InputError, Together,
        commands::any_out_of_stock,
        model::Reason,
        store::{self as availability, Bookable},
    },
    bookings::{
        BookingError, Refusal,
        events::{Place, Telling},
        model::{BookedRoom, Booking, Fact, Status},
        occupancy, store as bookings,
    },
    engineers,
    interval::Interval,
    prices::model::{AddOn, AddOnChoice},
    promotions::{self, model::normalized},
    quotes::{Expected, Priced, Wishes, price_with},
    rooms::{
        model::{BookingMode, Room},
        store::lock_rooms,
    },
    startup::App,
};

/// What a customer asks for.
#[derive(Debug, Clone)]
pub struct NewBooking {
    /// Of one studio; at least one, each once.
    pub room_ids: Vec<RoomId>,
    pub asked: Asked,
    /// Those of the quote when absent.
    pub add_ons: Option<Vec<AddOnChoice>>,
    pub quote_token: Option<String>,
    pub party_size: Option<i32>,
    pub promotion_code: Option<String>,
    pub note: Option<String>,
}

/// What was found out before the room is locked.
struct Draft {
    rooms: Together,
    place: Place,
    interval: Interval,
    priced: Priced,
    choices: Vec<AddOnChoice>,
    add_ons: Vec<AddOn>,
}

/// Books once for each key: booking, event, key and answer commit together.
pub async fn create_booking<R: Serialize + Send + Sync>(
    app: &App,
    caller: &Caller,
    request: &Idempotent,
    new: &NewBooking,
    answer: fn(&Booking, Timestamp) -> R,
) -> Result<StoredAnswer, BookingError> {
    let customer_id = caller.user_id();
    let created = request.once(&app.db, StatusCode::CREATED, async |conn| {
        let booking = create_booking_in_tx(app, conn, customer_id, new).await?;
        Ok::<_, BookingError>(answer(&booking, booking.created_at))
    });
    created.await
}

/// Reads and judges everything first, without a lock, so that whoever comes too late for a slot leaves without having
/// waited for anybody. What is left under the room's lock is short.
async fn create_booking_in_tx(
    app: &App,
    conn: &mut Conn,
    customer_id: UserId,
    new: &NewBooking,
) -> Result<Booking, BookingError> {
    let draft = prepare(app, conn, new).await?;
    match draft.booking_mode() {
        BookingMode::Request => request(app, conn, customer_id, new, draft).await,
        BookingMode::Instant => book(app, conn, customer_id, new, draft).await,
    }
}

async fn prepare(app: &App, conn: &mut Conn, new: &NewBooking) -> Result<Draft, BookingError> {
    let now = app.clock.now();
    let found = availability::find_bookables_and_busy(conn, &new.room_ids, new.asked.window(), now).await?;
    let (rooms, busy) = found.ok_or(BookingError::NotFound)?;
    let rooms = Together::new(rooms)?.ok_or(BookingError::NotFound)?;
    if new.room_ids.len() > 1 && availability::rooms_overlap(conn, &new.room_ids).await? {
        return Err(InputError::OverlappingRooms.into());
    }
    let add_ons = rooms.add_ons().ok_or(Refusal::PricesMissing)?;
    let interval = new.asked.interval(rooms.zone())?;
    if let Some(choices) = &new.add_ons {
        rooms.check_choices(choices)?;
    }
    if let Some(reason) = rooms.reasons(interval, now).first() {
        return Err(Refusal::Unavailable(*reason).into());
    }
    let (priced, choices) = match &new.quote_token {
        Some(token) => new.quoted(app, token, interval, now)?,
        None => {
            let wishes = new.wishes();
            (price_with(conn, &rooms, interval, &wishes, now).await?, wishes.add_ons)
        }
    };
    if rooms.is_busy(&busy, interval) {
        return Err(Refusal::SlotTaken.into());
    }
    let place = rooms.place();
    Ok(Draft { rooms, place, interval, priced, choices, add_ons })
}

/// Asks the studio; occupies nothing, so there is nothing to lock.
async fn request(
    app: &App,
    conn: &mut Conn,
    customer_id: UserId,
    new: &NewBooking,
    draft: Draft,
) -> Result<Booking, BookingError> {
    let now = app.clock.now();
    let mut booking = draft.booking(customer_id, new, now);
    let answer_by = now + SignedDuration::from_hours(app.config.request_hours);
    booking.request_expires_at = Some(answer_by.min(draft.interval.start()));
    bookings::insert_booking(conn, &booking).await?;
    insert_extras(conn, &booking, &draft).await?;
    promotions::redemptions::confirm_use_in_tx(conn, booking.id, now).await?;
    Telling { booking: &booking, place: &draft.place, ordinal: 0, now }.requested(conn).await?;
    Ok(booking)
}

/// Takes the slot: held until it is paid, confirmed at once where nothing is due.
async fn book(
    app: &App,
    conn: &mut Conn,
    customer_id: UserId,
    new: &NewBooking,
    draft: Draft,
) -> Result<Booking, BookingError> {
    lock_rooms(conn, &new.room_ids).await?;
    let now = app.clock.now();
    if let Some(reason) = draft.rooms.bad_start(draft.interval.start(), now) {
        return Err(Refusal::Unavailable(reason).into());
    }
    let mut booking = draft.booking(customer_id, new, now);
    if any_out_of_stock(conn, &draft.choices, &draft.add_ons, draft.interval, now).await? {
        return Err(Refusal::Unavailable(Reason::OutOfStock).into());
    }
    check_open_holds(app, conn, &booking, now).await?;
    let fact = if booking.payment_required() {
        booking.status = Status::Held;
        booking.hold_expires_at = Some(now + SignedDuration::from_mins(booking.hold_minutes.into()));
        Fact::Held
    } else {
        booking.status = Status::Confirmed;
        Fact::Confirmed
    };
    let telling = Telling { booking: &booking, place: &draft.place, ordinal: 0, now };
    insert_and_take_slot(conn, telling, &fact).await?;
    insert_extras(conn, &booking, &draft).await?;
    if draft.needs_more_than_rooms() {
        claim_in_tx(conn, &booking, now).await?;
    }
    Ok(booking)
}

async fn insert_extras(conn: &mut Conn, booking: &Booking, draft: &Draft) -> Result<(), BookingError> {
    bookings::insert_choices(conn, booking, &draft.choices).await?;
    if let Some(id) = draft.priced.promotion_id {
        let (customer, now) = (Some(booking.customer_id), booking.created_at);
        promotions::redemptions::insert_redemption(conn, booking.id, id, customer, now).await?;
    }
    Ok(())
}

impl NewBooking {
    fn wishes(&self) -> Wishes {
        Wishes {
            add_ons: self.add_ons.clone().unwrap_or_default(),
            party_size: self.party_size,
            promotion_code: self.promotion_code.clone(),
        }
    }

    /// What its quote says.
    fn quoted(
        &self,
        app: &App,
        token: &str,
        interval: Interval,
        now: Timestamp,
    ) -> Result<(Priced, Vec<AddOnChoice>), BookingError> {
        let code = self.promotion_code.as_deref().map(normalized);
        let expected = Expected {
            room_ids: &self.room_ids,
            interval,
            add_ons: self.add_ons.as_deref(),
            party_size: self.party_size,
            promotion_code: code.as_deref(),
        };
        let quote = app.config.quote_key.redeem(token, &expected, now).map_err(Refusal::Quote)?;
        Ok((Priced { price: quote.price, promotion_id: quote.promotion_id }, quote.add_ons))
    }
}

async fn check_open_holds(app: &App, conn: &mut Conn, booking: &Booking, now: Timestamp) -> Result<(), BookingError> {
    let limit = i64::from(app.config.max_open_holds);
    if limit == 0 || !booking.payment_required() {
        return Ok(());
    }
    let open = bookings::count_open_holds(conn, booking.customer_id, booking.company_id, now).await?;
    if open >= limit { Err(Refusal::TooManyHolds.into()) } else { Ok(()) }
}

/// The constraint says whether the slots are free, in the statement that takes them, which flies with the booking and
/// its event. Only where they are not, one has to look closer: what stands in the way may be a hold whose time is over.
async fn insert_and_take_slot(conn: &mut Conn, telling: Telling<'_>, fact: &Fact) -> Result<(), BookingError> {
    let Telling { booking, now, .. } = telling;
    let in_flight: &Conn = conn;
    let inserted = bookings::insert_booking(in_flight, booking);
    let occupied = occupancy::occupy_if_free(in_flight, booking);
    let ((), is_taken, ()) = try_join!(inserted, occupied, telling.fact(in_flight, fact))?;
    if is_taken {
        return Ok(());
    }
    occupancy::undo(conn, booking.id).await?;
    let is_free = clear_the_way_in_tx(conn, booking, now).await?;
    if is_free && occupancy::occupy_if_free(conn, booking).await? { Ok(()) } else { Err(Refusal::SlotTaken.into()) }
}

impl Draft {
    /// A use of a promotion, or somebody's time.
    fn needs_more_than_rooms(&self) -> bool {
        let by_people = |choice: &AddOnChoice| engineers::claims::wanted(*choice, &self.add_ons).is_some();
        self.priced.promotion_id.is_some() || self.choices.iter().any(by_people)
    }

    /// The studio is asked where one of the rooms wants it.
    fn booking_mode(&self) -> BookingMode {
        let is_request = |room: &Bookable| room.calendar.room.settings.booking_mode == BookingMode::Request;
        if self.rooms.rooms().any(is_request) { BookingMode::Request } else { BookingMode::Instant }
    }

    /// The least of what the rooms allow.
    fn least(&self, setting: fn(&Room) -> i32) -> i32 {
        self.rooms.rooms().map(|room| setting(&room.calendar.room)).min().unwrap_or_default()
    }

    /// Requested, to begin with.
    fn booking(&self, customer_id: UserId, new: &NewBooking, now: Timestamp) -> Booking {
        let (calendar, price) = (&self.rooms.first().calendar, &self.priced.price);
        let (room, currency) = (&calendar.room, price.currency());
        let free = self.least(|room| room.settings.free_cancellation_minutes);
        let further = self.rooms.further().iter().map(|further| BookedRoom {
            room_id: further.calendar.room.id,
            turnaround_minutes: further.calendar.room.settings.turnaround_minutes,
        });
        Booking {
            id: BookingId::new(),
            version: 1,
            status: Status::Requested,
            company_id: room.company_id,
            studio_id: room.studio_id,
            room_id: room.id,
            customer_id,
            interval: self.interval,
            original_starts_at: self.interval.start(),
            time_zone: calendar.time_zone.clone(),
            turnaround_minutes: room.settings.turnaround_minutes,
            further_rooms: further.collect(),
            hold_minutes: self.least(|room| room.settings.hold_minutes),
            free_cancellation_until: now + SignedDuration::from_mins(free.into()),
            price: price.clone(),
            amount_paid: currency.zero(),
            amount_refunded: currency.zero(),
            hold_expires_at: None,
            request_expires_at: None,
            note: new.note.clone(),
            cancellation: None,
            created_at: now,
        }
    }
}
