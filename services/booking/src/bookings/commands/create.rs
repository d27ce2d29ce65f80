//! Making a booking.

use actix_web::http::StatusCode;
use futures_util::try_join;
use jiff::{SignedDuration, Timestamp};
use kernel::{BookingId, CompanyId, RoomId, SeriesId, UserId};
use problem::Problem;
use serde::Serialize;
use service_kit::{Caller, CompanyStaff, Idempotent, StoredAnswer};
use store::Conn;

use super::{claim_in_tx, clear_the_way_in_tx, reschedule::booked, wishes::insert_extras};
use crate::{
    availability::{
        Asked, InputError, Together,
        model::Reason,
        stock,
        store::{self as availability, Bookable},
    },
    bookings::{
        BookingError, Refusal,
        events::{Place, Telling},
        model::{Booking, Customer, Fact, PaymentMode, Status, Till},
        occupancy, store as bookings,
    },
    interval::Interval,
    prices::model::{AddOn, AddOnChoice},
    promotions,
    quotes::Priced,
    rooms::{
        model::{BookingMode, Room},
        store::{find_company_of, lock_rooms},
    },
    startup::App,
    studios::store::version_of,
};

/// What a customer asks for.
#[derive(Debug, Clone)]
pub struct NewBooking {
    pub by: Booker,
    /// The series it is to be a date of.
    pub series_id: Option<SeriesId>,
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

/// Who books.
#[derive(Debug, Clone)]
pub enum Booker {
    Customer(UserId),
    Staff(StaffBooking),
    /// Nobody yet: a slot is held for somebody who has waited for it.
    Offer(OfferedBooking),
}

/// A hold that is made for somebody who has waited, and whom it is theirs to accept.
#[derive(Debug, Clone, Copy)]
pub struct OfferedBooking {
    pub user_id: UserId,
    pub until: Timestamp,
}

/// A booking that staff make for a walk-in or a caller.
#[derive(Debug, Clone)]
pub struct StaffBooking {
    pub user_id: UserId,
    /// The company that they work for.
    pub company_id: CompanyId,
    pub customer: Customer,
    pub payment: PaymentMode,
    /// How long it is held unpaid; the room's own time when absent.
    pub hold_minutes: Option<i32>,
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

/// Proof that the caller works for the company whose rooms these are: 404 for rooms of nobody, or of somebody else.
pub async fn staff_of_rooms(app: &App, caller: &Caller, room_ids: &[RoomId]) -> Result<CompanyStaff, Problem> {
    let first = room_ids.first().ok_or_else(Problem::not_found)?;
    let company_id = find_company_of(&mut *app.db.conn().await?, *first).await?;
    caller.staff_of(company_id.ok_or_else(Problem::not_found)?)
}

/// Books once for each key: booking, event, key and answer commit together.
pub async fn create_booking<R: Serialize + Send + Sync>(
    app: &App,
    request: &Idempotent,
    new: &NewBooking,
    answer: fn(&Booking, Timestamp) -> R,
) -> Result<StoredAnswer, BookingError> {
    let created = request.once(&app.db, StatusCode::CREATED, async |conn| {
        let booking = create_booking_in_tx(app, conn, new).await?;
        Ok::<_, BookingError>(answer(&booking, booking.created_at))
    });
    created.await
}

/// Reads and judges everything first, without a lock, so that whoever comes too late for a slot leaves without having
/// waited for anybody. What is left under the rooms' locks is short.
pub async fn create_booking_in_tx(app: &App, conn: &mut Conn, new: &NewBooking) -> Result<Booking, BookingError> {
    let draft = prepare(app, conn, new).await?;
    match (draft.booking_mode(), &new.by) {
        (BookingMode::Request, Booker::Customer(_)) => request(app, conn, new, draft).await,
        // The studio need not ask itself.
        _ => book(app, conn, new, draft).await,
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
    new.by.check(rooms.reasons(interval, now), interval, now)?;
    check_customer(conn, new, &rooms).await?;
    let (priced, choices) = new.priced(app, conn, &rooms, interval, now).await?;
    if stock::exceeds(&choices, &add_ons) {
        return Err(Refusal::Unavailable(Reason::OutOfStock).into());
    }
    if rooms.is_busy(&busy, interval) {
        return Err(Refusal::SlotTaken.into());
    }
    let place = rooms.place();
    Ok(Draft { rooms, place, interval, priced, choices, add_ons })
}

/// Staff book in their own company's rooms, and for accounts that have booked there before: nobody else's list of
/// bookings can be written to.
async fn check_customer(conn: &mut Conn, new: &NewBooking, rooms: &Together) -> Result<(), BookingError> {
    let Booker::Staff(staff) = &new.by else { return Ok(()) };
    if rooms.first().calendar.room.company_id != staff.company_id {
        return Err(BookingError::NotFound);
    }
    let Customer::Account(user_id) = staff.customer else { return Ok(()) };
    let is_known = bookings::is_customer_of(conn, user_id, staff.company_id).await?;
    if is_known { Ok(()) } else { Err(Refusal::UnknownCustomer.into()) }
}

/// Locks the rooms, for whoever books as for whoever asks: who changes the studio's hours or its clock holds these locks
/// too, to find what the change leaves outside. What was judged by what they have changed is judged anew.
async fn lock_and_judge(app: &App, conn: &mut Conn, new: &NewBooking, draft: Draft) -> Result<Draft, BookingError> {
    let (studio_id, in_flight) = (draft.rooms.first().calendar.room.studio_id, &*conn);
    let ((), version) = try_join!(lock_rooms(in_flight, &new.room_ids), version_of(in_flight, studio_id))?;
    if version == draft.rooms.studio_version() { Ok(draft) } else { prepare(app, conn, new).await }
}

/// Asks the studio; occupies nothing.
async fn request(app: &App, conn: &mut Conn, new: &NewBooking, draft: Draft) -> Result<Booking, BookingError> {
    let draft = lock_and_judge(app, conn, new, draft).await?;
    let now = app.clock.now();
    let mut booking = draft.booking(new, now);
    let answer_by = now + SignedDuration::from_hours(app.config.request_hours);
    booking.request_expires_at = Some(answer_by.min(draft.interval.start()));
    bookings::insert_booking(conn, &booking).await?;
    insert_extras(conn, &booking, &draft.priced, &draft.choices).await?;
    promotions::redemptions::confirm_use_in_tx(conn, booking.id, None, now).await?;
    Telling { booking: &booking, place: &draft.place, ordinal: 0, now }.requested(conn).await?;
    Ok(booking)
}

/// Takes the slots: held until it is paid, confirmed at once where nothing is due.
async fn book(app: &App, conn: &mut Conn, new: &NewBooking, draft: Draft) -> Result<Booking, BookingError> {
    let draft = lock_and_judge(app, conn, new, draft).await?;
    let now = app.clock.now();
    new.by.check(draft.rooms.bad_start(draft.interval.start(), now), draft.interval, now)?;
    let mut booking = draft.booking(new, now);
    check_open_holds(app, conn, new, &booking, now).await?;
    // An offer waits for its answer, also where nothing is due.
    let fact = if booking.payment_required() || matches!(new.by, Booker::Offer(_)) {
        booking.status = Status::Held;
        booking.hold_expires_at = Some(new.by.hold_until(&booking, now));
        Fact::Held
    } else {
        booking.status = Status::Confirmed;
        Fact::Confirmed
    };
    let telling = Telling { booking: &booking, place: &draft.place, ordinal: 0, now };
    insert_and_take_slot(conn, telling, &fact).await?;
    insert_extras(conn, &booking, &draft.priced, &draft.choices).await?;
    if draft.needs_more_than_rooms() {
        claim_in_tx(conn, &booking, now).await?;
    }
    Ok(booking)
}

/// Customers may keep so many slots from others without paying; what staff hold is the company's own affair.
async fn check_open_holds(
    app: &App,
    conn: &mut Conn,
    new: &NewBooking,
    booking: &Booking,
    now: Timestamp,
) -> Result<(), BookingError> {
    let limit = i64::from(app.config.max_open_holds);
    let Booker::Customer(customer_id) = new.by else { return Ok(()) };
    // A series is judged as a whole, before its first date.
    if limit == 0 || !booking.payment_required() || new.series_id.is_some() {
        return Ok(());
    }
    let open = bookings::count_open_holds(conn, customer_id, booking.company_id, now).await?;
    if open >= limit { Err(Refusal::TooManyHolds.into()) } else { Ok(()) }
}

impl Booker {
    /// The first reason against the interval that binds whoever books.
    fn check(
        &self,
        reasons: impl IntoIterator<Item = Reason>,
        interval: Interval,
        now: Timestamp,
    ) -> Result<(), BookingError> {
        let may_override = match self {
            Self::Customer(_) | Self::Offer(_) => false,
            Self::Staff(_) => interval.end() > now,
        };
        let binding = reasons.into_iter().find(|reason| !(may_override && reason.staff_may_override()));
        binding.map_or(Ok(()), |reason| Err(Refusal::Unavailable(reason).into()))
    }

    /// What is paid at the desk is kept for whoever comes; staff free it earlier by cancelling.
    fn hold_until(&self, booking: &Booking, now: Timestamp) -> Timestamp {
        let after = |minutes: i32| now + SignedDuration::from_mins(minutes.into());
        match self {
            Self::Staff(staff) if staff.payment == PaymentMode::AtDesk => booking.interval.end(),
            Self::Staff(StaffBooking { hold_minutes: Some(minutes), .. }) => after(*minutes),
            Self::Offer(offer) => offer.until,
            Self::Staff(_) | Self::Customer(_) => after(booking.hold_minutes),
        }
    }

    fn customer(&self) -> Customer {
        match self {
            Self::Customer(user_id) | Self::Offer(OfferedBooking { user_id, .. }) => Customer::Account(*user_id),
            Self::Staff(staff) => staff.customer.clone(),
        }
    }

    /// The account the booking is for.
    pub fn customer_id(&self) -> Option<UserId> {
        match self.customer() {
            Customer::Account(user_id) => Some(user_id),
            Customer::Guest(_) => None,
        }
    }

    fn staff(&self) -> Option<&StaffBooking> {
        match self {
            Self::Customer(_) | Self::Offer(_) => None,
            Self::Staff(staff) => Some(staff),
        }
    }
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
    /// Things of which there are only so many, a use of a promotion, or somebody's time.
    fn needs_more_than_rooms(&self) -> bool {
        let is_scarce = |choice: &AddOnChoice| {
            let chosen = self.add_ons.iter().find(|add_on| add_on.id == choice.id);
            chosen.is_some_and(|add_on| add_on.stock.is_some() || !add_on.engineers.is_empty())
        };
        self.priced.promotion_id.is_some() || self.choices.iter().any(is_scarce)
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
    fn booking(&self, new: &NewBooking, now: Timestamp) -> Booking {
        let (calendar, price) = (&self.rooms.first().calendar, &self.priced.price);
        let (room, currency) = (&calendar.room, price.currency());
        let free = self.least(|room| room.settings.free_cancellation_minutes);
        let staff = new.by.staff();
        Booking {
            id: BookingId::new(),
            version: 1,
            status: Status::Requested,
            company_id: room.company_id,
            studio_id: room.studio_id,
            room_id: room.id,
            customer: new.by.customer(),
            booked_by: staff.map(|staff| staff.user_id),
            payment_mode: staff.map_or(PaymentMode::Online, |staff| staff.payment),
            interval: self.interval,
            original_starts_at: self.interval.start(),
            time_zone: calendar.time_zone.clone(),
            turnaround_minutes: room.settings.turnaround_minutes,
            further_rooms: self.rooms.further().iter().map(booked).collect(),
            hold_minutes: self.least(|room| room.settings.hold_minutes),
            free_cancellation_until: now + SignedDuration::from_mins(free.into()),
            price: price.clone(),
            amount_paid: currency.zero(),
            amount_refunded: currency.zero(),
            desk: Till::default(),
            credited: 0,
            repriced: false,
            hold_expires_at: None,
            request_expires_at: None,
            note: new.note.clone(),
            cancellation: None,
            checked_in_at: None,
            created_at: now,
            series_id: new.series_id,
        }
    }
}
