//! What a client asks for: an interval on a room's clock and add-ons of its list.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use problem::Problem;

use crate::{
    interval::Interval,
    local_time::{LocalTimeError, When},
    prices::model::{AddOn, AddOnChoice},
    rooms::model::MAX_DURATION_MINUTES,
};

/// An interval as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub starts_at: When,
    pub ends_at: When,
}

/// Why what is asked for means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("{0}")]
    LocalTime(LocalTimeError, &'static str),
    #[error("the end must be after the start")]
    EndsBeforeStart,
    #[error("bookings begin and end on whole minutes")]
    NotWholeMinutes(&'static str),
    #[error("the room has no such add-on")]
    UnknownAddOn(usize),
    #[error("each add-on may be named once")]
    RepeatedAddOn(usize),
    #[error("the quantity is 1 to 1000")]
    Quantity(usize),
    #[error("at least one person comes")]
    PartyTooSmall,
    #[error("the room does not hold so many people")]
    PartyTooLarge,
    #[error("the rooms of a booking are of one studio")]
    SeveralStudios,
    #[error("one of the rooms stands for another one")]
    OverlappingRooms,
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        let detail = error.to_string();
        let invalid = |code, pointer: String| Self::invalid(code, format!("{detail}.")).at(pointer, detail.clone());
        match error {
            InputError::LocalTime(error, pointer) => error.at(pointer),
            InputError::EndsBeforeStart => invalid("invalid_interval", "/ends_at".to_owned()),
            InputError::NotWholeMinutes(pointer) => invalid("invalid_interval", pointer.to_owned()),
            InputError::UnknownAddOn(index) => invalid("unknown_add_on", format!("/add_ons/{index}/id")),
            InputError::RepeatedAddOn(index) => invalid("validation_failed", format!("/add_ons/{index}/id")),
            InputError::SeveralStudios => invalid("several_studios", "/room_ids".to_owned()),
            InputError::OverlappingRooms => invalid("overlapping_rooms", "/room_ids".to_owned()),
            InputError::Quantity(index) => invalid("validation_failed", format!("/add_ons/{index}/quantity")),
            InputError::PartyTooSmall => invalid("validation_failed", "/party_size".to_owned()),
            InputError::PartyTooLarge => invalid("party_too_large", "/party_size".to_owned()),
        }
    }
}

impl Asked {
    pub fn interval(self, zone: &TimeZone) -> Result<Interval, InputError> {
        let start = instant(self.starts_at, zone, "/starts_at")?;
        let end = instant(self.ends_at, zone, "/ends_at")?;
        Interval::new(start, end).ok_or(InputError::EndsBeforeStart)
    }

    /// Whatever the room's clock and turnaround turn out to be, its booking and what touches it lie in here. What is
    /// too long to be a booking is cut off.
    pub fn window(self) -> Interval {
        let utc = |when: When| when.resolve(&TimeZone::UTC).unwrap_or_default();
        let start = utc(self.starts_at);
        let longest = SignedDuration::from_mins(MAX_DURATION_MINUTES.into());
        let end = utc(self.ends_at).clamp(start, start + longest);
        Interval::around(start, end, MARGIN)
    }
}

/// The widest a wall clock is off, and the longest turnaround.
const MARGIN: SignedDuration = SignedDuration::from_hours(26 + 24);

fn instant(when: When, zone: &TimeZone, pointer: &'static str) -> Result<Timestamp, InputError> {
    let instant = when.resolve(zone).map_err(|error| InputError::LocalTime(error, pointer))?;
    let whole = instant.as_second() % 60 == 0 && instant.subsec_nanosecond() == 0;
    if whole { Ok(instant) } else { Err(InputError::NotWholeMinutes(pointer)) }
}

/// As many as there is room for.
pub fn check_party(party_size: Option<i32>, capacity: i32) -> Result<(), InputError> {
    match party_size {
        Some(people) if people < 1 => Err(InputError::PartyTooSmall),
        Some(people) if people > capacity => Err(InputError::PartyTooLarge),
        _ => Ok(()),
    }
}

/// Every choice is on the list, once, in a sensible number.
pub fn check_choices(choices: &[AddOnChoice], add_ons: &[AddOn]) -> Result<(), InputError> {
    let mut seen = BTreeSet::new();
    for (index, choice) in choices.iter().enumerate() {
        if !(1..=1000).contains(&choice.quantity) {
            return Err(InputError::Quantity(index));
        }
        if add_ons.iter().all(|add_on| add_on.id != choice.id) {
            return Err(InputError::UnknownAddOn(index));
        }
        if !seen.insert(choice.id) {
            return Err(InputError::RepeatedAddOn(index));
        }
    }
    Ok(())
}
