//! What a place in the queue is.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, RoomId, StudioId, UserId, WaitlistEntryId};
use serde::Serialize;

use crate::{
    availability::{
        slots::{day, free_slots},
        store::Bookable,
    },
    bookings::model::{Booking, Status},
    interval::Interval,
    local_time::date_at,
    rooms::model::BookingMode,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: WaitlistEntryId,
    pub version: i64,
    pub company_id: CompanyId,
    pub studio_id: StudioId,
    /// Any room of the studio when absent.
    pub room_id: Option<RoomId>,
    pub customer_id: UserId,
    /// The booking has to lie in here.
    pub window: Interval,
    pub minutes: i32,
    pub party_size: Option<i32>,
    pub left: bool,
    pub accepted: bool,
    /// What was offered.
    pub offer: Option<Booking>,
    pub created_at: Timestamp,
}

/// Where somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaitlistState)]
pub enum State {
    Waiting,
    /// A slot is held for them until the offer ends.
    Offered,
    /// They took it; it waits for its payment.
    Accepted,
    /// It is theirs.
    Booked,
    /// They did not want it.
    Declined,
    /// They did not answer in time.
    Lapsed,
    Left,
    /// Their window is over.
    Over,
}

impl Entry {
    /// An offer's hold says what has become of the offer.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.offer.as_ref().map(|booking| booking.status_at(now)) {
            _ if self.left => State::Left,
            None if self.latest_start() < now => State::Over,
            None => State::Waiting,
            Some(Status::Held | Status::Requested) if self.accepted => State::Accepted,
            Some(Status::Held | Status::Requested) => State::Offered,
            Some(Status::Confirmed | Status::Completed | Status::NoShow) => State::Booked,
            Some(Status::Cancelled | Status::Declined) => State::Declined,
            Some(Status::Expired) => State::Lapsed,
        }
    }

    fn length(&self) -> SignedDuration {
        SignedDuration::from_mins(self.minutes.into())
    }

    /// The last instant at which a booking could begin.
    pub fn latest_start(&self) -> Timestamp {
        self.window.end() - self.length()
    }

    /// The first slot of a room that fits, by the rules of its calendar. A room whose studio wants to be asked is never
    /// offered: an offer is as good as a booking.
    pub fn first_slot(&self, room: &Bookable, busy: &[Interval], now: Timestamp) -> Option<Interval> {
        let settings = &room.calendar.room.settings;
        let holds_them = self.party_size.is_none_or(|people| people <= settings.capacity);
        if settings.booking_mode == BookingMode::Request || room.prices.is_none() || !holds_them {
            return None;
        }
        let zone = &room.calendar.zone;
        let (first, last) = (date_at(self.window.start().max(now), zone), date_at(self.window.end(), zone));
        let dates = first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last);
        let mut slots = dates.filter_map(|date| day(date, &room.calendar.zone)).flat_map(|day| {
            let slots = free_slots(&room.calendar, day, self.minutes.into(), busy, now);
            slots.into_iter().filter(|slot| self.window.covers(*slot))
        });
        slots.next()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Percent};

    use super::*;
    use crate::{
        availability::model::tests::{at, calendar, interval},
        bookings::cancellation::CancellationPolicy,
        prices::model::{PriceList, Rates},
    };

    fn entry(from: &str, minutes_open: i64, minutes: i32) -> Entry {
        Entry {
            id: WaitlistEntryId::new(),
            version: 1,
            company_id: CompanyId::new(),
            studio_id: StudioId::new(),
            room_id: None,
            customer_id: UserId::new(),
            window: interval(from, minutes_open),
            minutes,
            party_size: None,
            left: false,
            accepted: false,
            offer: None,
            created_at: at("2027-02-01T00:00:00Z"),
        }
    }

    /// Open on Fridays from 10:00 to 02:00 in Berlin, an hour's step, 15 minutes of turnaround.
    fn room() -> Bookable {
        let rates = Rates {
            hourly_rate: 2_000,
            rules: Vec::new(),
            day_rate: None,
            duration_discounts: Vec::new(),
            minimum_charge: None,
            extra_person: None,
            cleaning_fee: 0,
            tax_rate: Percent::ZERO,
            deposit: None,
            cancellation_policy: CancellationPolicy::default(),
        };
        let prices =
            PriceList { room_id: RoomId::new(), version: 1, currency: Currency::EUR, rates, add_ons: Vec::new() };
        Bookable { calendar: calendar(), prices: Some(prices), studio_version: 1 }
    }

    fn first(entry: &Entry, room: &Bookable, busy: &[Interval]) -> Option<String> {
        let slot = entry.first_slot(room, busy, at("2027-03-01T09:00:00Z"))?;
        Some(slot.start().to_string())
    }

    #[test]
    fn the_first_slot_inside_the_window_that_is_free_is_offered() {
        // The Friday, 10:00 to 20:00 in UTC, with one booking from 11:00 on.
        let entry = entry("2027-03-05T10:00:00Z", 600, 120);
        assert_eq!(first(&entry, &room(), &[]).as_deref(), Some("2027-03-05T10:00:00Z"));
        let busy = [interval("2027-03-05T11:00:00Z", 75)];
        assert_eq!(first(&entry, &room(), &busy).as_deref(), Some("2027-03-05T13:00:00Z"));
        let all = [interval("2027-03-05T09:00:00Z", 700)];
        assert_eq!(first(&entry, &room(), &all), None);
    }

    #[test]
    fn a_slot_lies_in_the_window_whole_and_in_a_room_that_can_be_had_at_once() {
        assert_eq!(first(&entry("2027-03-05T10:00:00Z", 119, 120), &room(), &[]), None);
        // A Thursday: closed.
        assert_eq!(first(&entry("2027-03-04T10:00:00Z", 600, 60), &room(), &[]), None);
        let mut asked = room();
        asked.calendar.room.settings.booking_mode = BookingMode::Request;
        assert_eq!(first(&entry("2027-03-05T10:00:00Z", 600, 60), &asked, &[]), None);
        let crowd = Entry { party_size: Some(6), ..entry("2027-03-05T10:00:00Z", 600, 60) };
        assert_eq!(first(&crowd, &room(), &[]), None);
        assert_eq!(first(&entry("2027-03-05T10:00:00Z", 600, 60), &Bookable { prices: None, ..room() }, &[]), None);
    }

    #[test]
    fn who_waits_longer_than_their_window_waits_for_nothing() {
        let entry = entry("2027-03-05T10:00:00Z", 180, 120);
        assert_eq!(entry.state_at(at("2027-03-05T11:00:00Z")), State::Waiting);
        assert_eq!(entry.state_at(at("2027-03-05T11:00:01Z")), State::Over);
        assert_eq!(Entry { left: true, ..entry }.state_at(at("2027-03-01T00:00:00Z")), State::Left);
    }
}
