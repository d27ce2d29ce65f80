//! What a feed shows, and how.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use kernel::{CalendarId, CompanyId, RoomId, StudioId, UserId};

use super::{ics::Writer, zones};
use crate::{
    bookings::model::{Booking, Customer, Status},
    local_time,
};

/// Whose bookings a feed shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedOf {
    Room(RoomId),
    Studio(StudioId),
    Customer(UserId),
}

#[derive(Debug, Clone)]
pub struct Feed {
    pub id: CalendarId,
    pub of: FeedOf,
    pub created_at: Timestamp,
}

/// A calendar that a room imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub id: CalendarId,
    pub room_id: RoomId,
    pub company_id: CompanyId,
    pub name: String,
    pub url: String,
    pub created_at: Timestamp,
    pub fetched_at: Option<Timestamp>,
    pub failures: i32,
    pub last_error: Option<String>,
}

/// How often a calendar is read while it can be.
pub const EVERY: SignedDuration = SignedDuration::from_mins(15);

/// Slower after each failure, up to half a day.
pub fn next_fetch(now: Timestamp, failures: i32) -> Timestamp {
    let factor = 1_i32 << failures.clamp(0, 6);
    now + (EVERY * factor).min(SignedDuration::from_hours(12))
}

/// A booking with the names that a calendar shows.
#[derive(Debug, Clone)]
pub struct Shown {
    pub booking: Booking,
    pub updated_at: Timestamp,
    pub studio_name: String,
    pub room_name: String,
    pub address: String,
}

const DOMAIN: &str = "roomtone";

/// True for what one of our own feeds has told: it may come back through somebody's calendar.
pub fn is_ours(uid: &str) -> bool {
    uid.rsplit_once('@').is_some_and(|(_, domain)| domain == DOMAIN)
}

/// The whole calendar.
pub fn write(name: &str, of: FeedOf, shown: &[Shown], now: Timestamp) -> String {
    let mut writer = Writer::default();
    writer.begin("VCALENDAR");
    writer.raw("VERSION", "2.0");
    writer.raw("PRODID", "-//Roomtone//Bookings//EN");
    writer.raw("CALSCALE", "GREGORIAN");
    writer.raw("METHOD", "PUBLISH");
    writer.text("X-WR-CALNAME", name);
    write_zones(&mut writer, shown);
    for shown in shown {
        write_event(&mut writer, of, shown, now);
    }
    writer.end("VCALENDAR");
    writer.finish()
}

fn write_zones(writer: &mut Writer, shown: &[Shown]) {
    let mut names: Vec<&str> = shown.iter().map(|shown| shown.booking.time_zone.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of_zone = shown.iter().filter(|shown| shown.booking.time_zone == name);
        let starts = of_zone.clone().map(|shown| shown.booking.interval.start()).min();
        let ends = of_zone.map(|shown| shown.booking.interval.end()).max();
        if let (Some(first), Some(last)) = (starts, ends) {
            zones::write(writer, name, &local_time::stored_zone(name), first, last);
        }
    }
}

fn write_event(writer: &mut Writer, of: FeedOf, shown: &Shown, now: Timestamp) {
    let booking = &shown.booking;
    let (status, zone) = (booking.status_at(now), local_time::stored_zone(&booking.time_zone));
    writer.begin("VEVENT");
    writer.raw("UID", &format!("{}@{DOMAIN}", booking.id));
    // Versions begin at one and rise with every change; an expiry that nobody has written down yet is a change, too.
    let unwritten = i64::from(status != booking.status);
    writer.raw("SEQUENCE", &(booking.version - 1 + unwritten).to_string());
    writer.raw("DTSTAMP", &utc(shown.updated_at));
    writer.raw("CREATED", &utc(booking.created_at));
    writer.raw("LAST-MODIFIED", &utc(shown.updated_at));
    write_instant(writer, "DTSTART", booking.interval.start(), &booking.time_zone, &zone);
    write_instant(writer, "DTEND", booking.interval.end(), &booking.time_zone, &zone);
    writer.text("SUMMARY", &summary(of, shown));
    writer.text("LOCATION", &format!("{}, {}", shown.studio_name, shown.address));
    writer.text("DESCRIPTION", &format!("{}, {}", booking.id, status.as_str()));
    let (word, transparency) = match status {
        Status::Requested | Status::Held => {
            ("TENTATIVE", if status == Status::Held { "OPAQUE" } else { "TRANSPARENT" })
        }
        Status::Confirmed | Status::Completed | Status::NoShow => ("CONFIRMED", "OPAQUE"),
        Status::Declined | Status::Expired | Status::Cancelled => ("CANCELLED", "TRANSPARENT"),
    };
    writer.raw("STATUS", word);
    writer.raw("TRANSP", transparency);
    writer.end("VEVENT");
}

/// Customers see where they go, studios who comes.
fn summary(of: FeedOf, shown: &Shown) -> String {
    match (of, &shown.booking.customer) {
        (FeedOf::Customer(_), _) => format!("{}, {}", shown.room_name, shown.studio_name),
        (_, Customer::Guest(guest)) => format!("{}: {}", shown.room_name, guest.name),
        (_, Customer::Account(_)) => format!("{}: booked", shown.room_name),
    }
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// By the studio's clock; an hour that the clock shows twice means the first of the two there, so an instant in the
/// second is written in UTC.
fn write_instant(writer: &mut Writer, name: &str, instant: Timestamp, zone_name: &str, zone: &TimeZone) {
    let local: DateTime = zone.to_datetime(instant);
    let read_back = zone.to_ambiguous_timestamp(local).earlier().ok();
    if read_back == Some(instant) {
        let local = local.strftime("%Y%m%dT%H%M%S").to_string();
        writer.raw(&format!("{name};TZID={zone_name}"), &local);
    } else {
        writer.raw(name, &utc(instant));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::zone;

    #[test]
    fn an_instant_is_told_by_the_studios_clock_unless_that_shows_it_twice() {
        let told = |instant: &str| {
            let mut writer = Writer::default();
            let berlin = zone("Europe/Berlin").unwrap();
            write_instant(&mut writer, "DTSTART", instant.parse().unwrap(), "Europe/Berlin", &berlin);
            writer.finish()
        };
        assert_eq!(told("2027-03-10T10:00:00Z"), "DTSTART;TZID=Europe/Berlin:20270310T110000\r\n");
        assert_eq!(told("2027-10-31T00:30:00Z"), "DTSTART;TZID=Europe/Berlin:20271031T023000\r\n");
        assert_eq!(told("2027-10-31T01:30:00Z"), "DTSTART:20271031T013000Z\r\n");
    }

    #[test]
    fn a_calendar_that_fails_is_read_less_often() {
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<i64> = [0, 1, 2, 10].map(|failures| next_fetch(now, failures).as_second() / 60).to_vec();
        assert_eq!(waits, [15, 30, 60, 720]);
    }

    #[test]
    fn our_own_events_are_known_when_they_come_back() {
        assert!(is_ours("bkg_01h455vb4pex5vsknk084sn02q@roomtone"));
        assert!(!is_ours("bkg_01h455vb4pex5vsknk084sn02q@roomtone.example") && !is_ours("roomtone"));
    }
}
