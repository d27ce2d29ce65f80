//! Rooms that are wanted together, for one interval: what the rules say against it, and what it costs.

use jiff::{Timestamp, tz::TimeZone};
use kernel::{CompanyId, MoneyError, RoomId};
use problem::Problem;

use super::{InputError, check_choices, check_party, model::Reason, store::Bookable};
use crate::{
    bookings::events::Place,
    interval::Interval,
    prices::{
        engine::{Extras, Price, RateWindows},
        joined::{Places, joined, spread},
        model::{AddOn, AddOnChoice, PriceList},
    },
};

/// More rooms than any booking has.
pub const MAX_ROOMS: usize = 20;

/// The rooms that a request names: one by `room_id`, or several by `room_ids`.
pub fn rooms_of(room_id: Option<RoomId>, room_ids: Option<&[RoomId]>) -> Result<Vec<RoomId>, Problem> {
    let invalid = |pointer, detail: &str| Problem::invalid("validation_failed", "Name the room.").at(pointer, detail);
    let rooms = match (room_id, room_ids) {
        (Some(room_id), None) => vec![room_id],
        (None, Some(room_ids)) => room_ids.to_vec(),
        (None, None) => return Err(invalid("/room_id", "required unless room_ids is given")),
        (Some(_), Some(_)) => return Err(invalid("/room_ids", "give either room_id or room_ids")),
    };
    if rooms.is_empty() || rooms.len() > MAX_ROOMS {
        return Err(invalid("/room_ids", &format!("expected 1 to {MAX_ROOMS} rooms")));
    }
    let mut distinct = rooms.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < rooms.len() {
        return Err(invalid("/room_ids", "each room may be named once"));
    }
    Ok(rooms)
}

/// Rooms of one studio, at least one.
#[derive(Debug)]
pub struct Together {
    first: Bookable,
    further: Vec<Bookable>,
}

impl Together {
    /// `None` without rooms.
    pub fn new(rooms: Vec<Bookable>) -> Result<Option<Self>, InputError> {
        let mut rooms = rooms.into_iter();
        let Some(first) = rooms.next() else { return Ok(None) };
        let further: Vec<Bookable> = rooms.collect();
        let studio_id = first.calendar.room.studio_id;
        if further.iter().any(|room| room.calendar.room.studio_id != studio_id) {
            return Err(InputError::SeveralStudios);
        }
        Ok(Some(Self { first, further }))
    }

    pub fn rooms(&self) -> impl Iterator<Item = &Bookable> {
        std::iter::once(&self.first).chain(&self.further)
    }

    pub fn first(&self) -> &Bookable {
        &self.first
    }

    pub fn further(&self) -> &[Bookable] {
        &self.further
    }

    /// Where the studio still has it, its hours and its clock are those that were read. Of several the first that was read.
    pub fn studio_version(&self) -> i64 {
        self.rooms().map(|room| room.studio_version).min().unwrap_or_default()
    }

    pub fn zone(&self) -> &TimeZone {
        &self.first.calendar.zone
    }

    /// The names that events carry.
    pub fn place(&self) -> Place {
        let names: Vec<&str> = self.rooms().map(|room| room.calendar.room.settings.name.as_str()).collect();
        Place {
            studio_name: self.first.calendar.studio_name.clone(),
            room_name: names.join(", "),
            company_country: self.first.calendar.company_country.clone(),
        }
    }

    /// Everything that the rules of any room say against an interval, each once.
    pub fn reasons(&self, interval: Interval, now: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for reason in self.rooms().flat_map(|room| room.calendar.reasons(interval, now)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    /// What is wrong with a start, by the time it is now.
    pub fn bad_start(&self, start: Timestamp, now: Timestamp) -> Option<Reason> {
        self.rooms().find_map(|room| room.calendar.bad_start(start, now))
    }

    /// True when something occupies one of the rooms where a booking of the interval would. `busy` is in the order of
    /// the rooms.
    pub fn is_busy(&self, busy: &[Vec<Interval>], interval: Interval) -> bool {
        let is_busy = |(room, busy): (&Bookable, &Vec<Interval>)| {
            let occupied = room.calendar.occupied_by(interval);
            busy.iter().any(|busy| busy.overlaps(occupied))
        };
        self.rooms().zip(busy).any(is_busy)
    }

    /// The longest that all of them may be booked for.
    pub fn longest_minutes(&self) -> i64 {
        let longest = |room: &Bookable| room.calendar.room.settings.longest_minutes();
        self.further.iter().map(longest).fold(longest(&self.first), i64::min)
    }

    pub fn company_id(&self) -> CompanyId {
        self.first.calendar.room.company_id
    }

    /// As many people as the rooms hold together.
    pub fn check_party(&self, party_size: Option<i32>) -> Result<(), InputError> {
        let capacity = self.rooms().map(|room| room.calendar.room.settings.capacity).fold(0, i32::saturating_add);
        check_party(party_size, capacity)
    }

    /// `None` when a room has no prices yet.
    pub fn add_ons(&self) -> Option<Vec<AddOn>> {
        let lists: Option<Vec<&PriceList>> = self.rooms().map(|room| room.prices.as_ref()).collect();
        Some(lists?.into_iter().flat_map(|list| list.add_ons.iter().cloned()).collect())
    }

    /// The prices of intervals inside a window, expanded once; `None` when a room has no prices yet.
    pub fn rates(&self, window: Interval) -> Option<JoinedRates<'_>> {
        let rates = self.rooms().map(|room| RoomRates::around(room, window, self.zone()));
        Some(JoinedRates(rates.collect::<Option<_>>()?))
    }

    /// Every choice is an add-on of one of the rooms.
    pub fn check_choices(&self, choices: &[AddOnChoice]) -> Result<(), InputError> {
        check_choices(choices, &self.add_ons().unwrap_or_default())
    }
}

/// The rates of rooms that are priced together.
#[derive(Debug)]
pub struct JoinedRates<'a>(Vec<RoomRates<'a>>);

#[derive(Debug)]
struct RoomRates<'a> {
    room_id: RoomId,
    places: Places,
    rates: RateWindows<'a>,
}

impl<'a> RoomRates<'a> {
    /// `None` when the room has no prices yet.
    fn around(room: &'a Bookable, window: Interval, zone: &TimeZone) -> Option<Self> {
        let list = room.prices.as_ref()?;
        let capacity = room.calendar.room.settings.capacity;
        let included = list.rates.extra_person.map_or(capacity, |extra| extra.included);
        let rates = RateWindows::around(list, window, zone);
        Some(Self { room_id: room.calendar.room.id, places: Places { included, capacity }, rates })
    }
}

impl JoinedRates<'_> {
    /// One price for all rooms. An add-on is charged by the room whose list it is on; the party is spread over the
    /// rooms; an amount that a promotion takes off is taken off the rooms one after the other.
    pub fn price(&self, interval: Interval, extras: Extras<'_>) -> Result<Price, MoneyError> {
        let places: Vec<Places> = self.0.iter().map(|room| room.places).collect();
        let parties = match extras.party_size {
            Some(people) => spread(people, &places).into_iter().map(Some).collect(),
            None => vec![None; places.len()],
        };
        let mut promotion = extras.promotion.cloned();
        let mut parts = Vec::with_capacity(self.0.len());
        for (room, party_size) in self.0.iter().zip(parties) {
            let part = Extras { party_size, promotion: promotion.as_ref(), ..extras };
            let price = room.rates.price(interval, part)?;
            promotion = match promotion {
                Some(terms) => terms.rest_after(price.promotion_off()?)?,
                None => None,
            };
            parts.push((room.room_id, price));
        }
        // There is at least one room, so there is a price.
        let price = joined(parts)?.ok_or(MoneyError::Overflow)?;
        let promotion_code = extras.promotion.map(|terms| terms.code.clone());
        Ok(Price { party_size: extras.party_size, promotion_code, ..price })
    }
}
