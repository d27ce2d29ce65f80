//! When a calendar is busy, read from its text; pure.

use std::collections::BTreeSet;

use icalendar::parser::{Component, Property, read_calendar, unfold};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{model::is_ours, rules};
use crate::{
    interval::{Interval, joined},
    local_time::{self, opening_instant},
};

/// More events than anybody's calendar has.
const MAX_EVENTS: usize = 10_000;

/// Why a text is no calendar. What was known of it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is not a calendar")]
    NotACalendar,
    #[error("it has too many events")]
    TooManyEvents,
    #[error("an event has a time that cannot be read")]
    Time,
    #[error("an event has a rule that cannot be read")]
    Rule,
}

/// The busy times inside a window, joined. Times without a zone are by the studio's clock.
pub fn read(text: &str, zone: &TimeZone, window: Interval) -> Result<Vec<Interval>, Unreadable> {
    let unfolded = unfold(text.trim_start_matches('\u{feff}'));
    // The parser takes what is cut off for whole.
    let is_whole =
        unfolded.trim_end().ends_with("END:VCALENDAR") && unfolded.trim_start().starts_with("BEGIN:VCALENDAR");
    let calendar = read_calendar(&unfolded).map_err(|_| Unreadable::NotACalendar)?;
    if !is_whole {
        return Err(Unreadable::NotACalendar);
    }
    if calendar.components.len() > MAX_EVENTS {
        return Err(Unreadable::TooManyEvents);
    }
    let moved = moved_instances(&calendar.components, zone)?;
    let mut busy = Vec::new();
    for component in &calendar.components {
        match component.name.as_str() {
            "VEVENT" if blocks(component) => busy.extend(event(component, zone, window, &moved)?),
            "VFREEBUSY" => busy.extend(free_busy(component, zone)?),
            _ => {}
        }
    }
    busy.retain(|interval| interval.overlaps(window));
    Ok(joined(busy))
}

fn value<'a>(component: &'a Component<'a>, name: &str) -> Option<&'a str> {
    component.find_prop(name).map(|property| property.val.as_str())
}

fn blocks(event: &Component<'_>) -> bool {
    let is = |name, word: &str| value(event, name).is_some_and(|value| value.eq_ignore_ascii_case(word));
    !is("TRANSP", "TRANSPARENT") && !is("STATUS", "CANCELLED") && !value(event, "UID").is_some_and(is_ours)
}

/// Instances of recurring events that have an event of their own, whether or not that one still blocks anything.
fn moved_instances(events: &[Component<'_>], zone: &TimeZone) -> Result<BTreeSet<(String, Timestamp)>, Unreadable> {
    let mut moved = BTreeSet::new();
    for event in events {
        if let (Some(uid), Some(of)) = (value(event, "UID"), event.find_prop("RECURRENCE-ID")) {
            moved.insert((uid.to_owned(), instant(of, of.val.as_str(), zone)?));
        }
    }
    Ok(moved)
}

fn event(
    event: &Component<'_>,
    zone: &TimeZone,
    window: Interval,
    moved: &BTreeSet<(String, Timestamp)>,
) -> Result<Vec<Interval>, Unreadable> {
    let start = event.find_prop("DTSTART").ok_or(Unreadable::Time)?;
    let first = instant(start, start.val.as_str(), zone)?;
    let end = end_of(event, start, first, zone)?;
    let Some(once) = Interval::new(first, end) else { return Ok(Vec::new()) };
    let recurs = event.find_prop("RRULE").is_some() || event.find_prop("RDATE").is_some();
    if !recurs || event.find_prop("RECURRENCE-ID").is_some() {
        return Ok(vec![once]);
    }
    let length = first.duration_until(end);
    let from = window.start().checked_sub(length).unwrap_or(Timestamp::MIN);
    let lines = rule_lines(event, start, first, zone);
    let starts = rules::starts(&lines, from, window.end()).ok_or(Unreadable::Rule)?;
    let uid = value(event, "UID").unwrap_or_default();
    let own = starts.into_iter().filter(|start| !moved.contains(&(uid.to_owned(), *start)));
    Ok(own.filter_map(|start| Interval::new(start, start.checked_add(length).ok()?)).collect())
}

/// The lines of an event that say when it recurs. What has no zone, or one that nobody knows, is by the studio's clock.
fn rule_lines(event: &Component<'_>, start: &Property<'_>, first: Timestamp, zone: &TimeZone) -> String {
    let zone = zone_of(start, zone);
    let name = zone.iana_name().unwrap_or("UTC");
    let local = zone.to_datetime(first).strftime("%Y%m%dT%H%M%S").to_string();
    let mut lines = vec![format!("DTSTART;TZID={name}:{local}")];
    for property in &event.properties {
        let value = property.val.as_str();
        match property.name.as_str() {
            "RRULE" => lines.push(format!("RRULE:{}", with_until_in_utc(property, value, &zone))),
            list @ ("EXDATE" | "RDATE") => {
                let instants = value.split(',').filter_map(|one| instant(property, one, &zone).ok());
                let written: Vec<String> =
                    instants.map(|instant| instant.strftime("%Y%m%dT%H%M%SZ").to_string()).collect();
                lines.push(format!("{list}:{}", written.join(",")));
            }
            _ => {}
        }
    }
    lines.join("\n")
}

/// The last start of a rule as an instant: calendars also write a date, which counts as a whole, or a local time.
fn with_until_in_utc(property: &Property<'_>, rule: &str, zone: &TimeZone) -> String {
    let parts = rule.split(';').map(|part| {
        let Some(until) = part.strip_prefix("UNTIL=").filter(|until| !until.ends_with('Z')) else {
            return part.to_owned();
        };
        let last = if until.contains('T') { until.to_owned() } else { format!("{until}T235959") };
        match instant(property, &last, zone) {
            Ok(last) => format!("UNTIL={}", last.strftime("%Y%m%dT%H%M%SZ")),
            // The rule is refused as a whole.
            Err(_) => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join(";")
}

fn end_of(
    event: &Component<'_>,
    start: &Property<'_>,
    first: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, Unreadable> {
    if let Some(end) = event.find_prop("DTEND") {
        return instant(end, end.val.as_str(), zone);
    }
    if let Some(length) = value(event, "DURATION") {
        return after(first, length, &zone_of(start, zone));
    }
    match Date::strptime("%Y%m%d", start.val.as_str()) {
        // All of a day.
        Ok(date) => date.tomorrow().ok().and_then(|next| opening_instant(next.at(0, 0, 0, 0), zone)),
        Err(_) => Some(first),
    }
    .ok_or(Unreadable::Time)
}

/// A length as RFC 5545 writes it; days and weeks are those of the clock.
fn after(start: Timestamp, length: &str, zone: &TimeZone) -> Result<Timestamp, Unreadable> {
    let span: jiff::Span = length.parse().map_err(|_| Unreadable::Time)?;
    let start = start.to_zoned(zone.clone());
    start.checked_add(span).map(|end| end.timestamp()).map_err(|_| Unreadable::Time)
}

fn free_busy(component: &Component<'_>, zone: &TimeZone) -> Result<Vec<Interval>, Unreadable> {
    let mut busy = Vec::new();
    for property in component.properties.iter().filter(|property| property.name == "FREEBUSY") {
        let kind = property.params.iter().find(|param| param.key == "FBTYPE").and_then(|param| param.val.as_ref());
        if kind.is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("FREE")) {
            continue;
        }
        for period in property.val.as_str().split(',') {
            let (from, to) = period.split_once('/').ok_or(Unreadable::Time)?;
            let start = instant(property, from, zone)?;
            let end = if to.starts_with(['P', '+']) { after(start, to, zone)? } else { instant(property, to, zone)? };
            busy.extend(Interval::new(start, end));
        }
    }
    Ok(busy)
}

fn zone_of(property: &Property<'_>, studio: &TimeZone) -> TimeZone {
    let named = property.params.iter().find(|param| param.key == "TZID").and_then(|param| param.val.as_ref());
    named.and_then(|name| local_time::zone(name.as_str().trim_matches('"'))).unwrap_or_else(|| studio.clone())
}

/// A date, a local time or an instant in UTC.
fn instant(property: &Property<'_>, value: &str, zone: &TimeZone) -> Result<Timestamp, Unreadable> {
    let value = value.trim();
    if let Some(utc) = value.strip_suffix('Z') {
        let utc = DateTime::strptime("%Y%m%dT%H%M%S", utc).map_err(|_| Unreadable::Time)?;
        return TimeZone::UTC.to_timestamp(utc).map_err(|_| Unreadable::Time);
    }
    let local = match DateTime::strptime("%Y%m%dT%H%M%S", value) {
        Ok(local) => local,
        Err(_) => Date::strptime("%Y%m%d", value).map_err(|_| Unreadable::Time)?.at(0, 0, 0, 0),
    };
    // In a gap the first instant after it; twice, the first: as everybody's calendar shows it.
    opening_instant(local, &zone_of(property, zone)).ok_or(Unreadable::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(events: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n")
    }

    fn event(lines: &[&str]) -> String {
        format!("BEGIN:VEVENT\r\nUID:1@x\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
    }

    fn read_all(text: &str) -> Result<Vec<String>, Unreadable> {
        let zone = local_time::zone("Europe/Berlin").unwrap();
        let window =
            Interval::new("2027-03-01T00:00:00Z".parse().unwrap(), "2027-04-10T00:00:00Z".parse().unwrap()).unwrap();
        let busy = read(text, &zone, window)?;
        Ok(busy.iter().map(|busy| format!("{}/{}", busy.start(), busy.end())).collect())
    }

    fn check(lines: &[&str], expected: &[&str]) {
        assert_eq!(read_all(&calendar(&event(lines))).unwrap(), expected, "{lines:?}");
    }

    #[test]
    fn every_way_to_write_a_time_is_read() {
        let ten_to_twelve = ["2027-03-10T09:00:00Z/2027-03-10T11:00:00Z"];
        check(&["DTSTART:20270310T090000Z", "DTEND:20270310T110000Z"], &ten_to_twelve);
        check(&["DTSTART;TZID=Europe/Berlin:20270310T100000", "DURATION:PT2H"], &ten_to_twelve);
        check(&["DTSTART:20270310T100000", "DTEND:20270310T120000"], &ten_to_twelve);
        check(&["DTSTART;TZID=W. Europe Standard Time:20270310T100000", "DTEND:20270310T120000"], &ten_to_twelve);
        check(&["DTSTART;TZID=America/New_York:20270310T040000", "DURATION:PT120M"], &ten_to_twelve);
        let day_of_23_hours = ["2027-03-27T23:00:00Z/2027-03-28T22:00:00Z"];
        check(&["DTSTART;VALUE=DATE:20270328", "DTEND;VALUE=DATE:20270329"], &day_of_23_hours);
        check(&["DTSTART;VALUE=DATE:20270328"], &day_of_23_hours);
        check(&["DTSTART:20270310T090000Z"], &[]);
    }

    #[test]
    fn what_blocks_nothing_is_left_out() {
        let times = ["DTSTART:20270310T090000Z", "DTEND:20270310T110000Z"];
        for more in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"] {
            check(&[times[0], times[1], more], &[]);
        }
        let ours = calendar(&event(&times)).replace("1@x", "bkg_01h455vb4pex5vsknk084sn02q@roomtone");
        assert_eq!(read_all(&ours).unwrap(), Vec::<String>::new());
        check(&["DTSTART:20260310T090000Z", "DTEND:20260310T110000Z"], &[]);
    }

    #[test]
    fn recurring_events_have_their_exceptions() {
        let weekly = event(&[
            "DTSTART;TZID=Europe/Berlin:20270315T190000",
            "DTEND;TZID=Europe/Berlin:20270315T200000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE;TZID=Europe/Berlin:20270322T190000",
        ]);
        let moved = event(&[
            "RECURRENCE-ID;TZID=Europe/Berlin:20270329T190000",
            "DTSTART;TZID=Europe/Berlin:20270330T120000",
            "DTEND;TZID=Europe/Berlin:20270330T130000",
        ]);
        let expected = [
            "2027-03-15T18:00:00Z/2027-03-15T19:00:00Z",
            "2027-03-30T10:00:00Z/2027-03-30T11:00:00Z",
            "2027-04-05T17:00:00Z/2027-04-05T18:00:00Z",
        ];
        assert_eq!(read_all(&calendar(&format!("{weekly}{moved}"))).unwrap(), expected);
    }

    #[test]
    fn the_last_day_of_a_rule_counts_as_a_whole() {
        let daily = ["DTSTART;VALUE=DATE:20270310", "DTEND;VALUE=DATE:20270311", "RRULE:FREQ=DAILY;UNTIL=20270312"];
        check(&daily, &["2027-03-09T23:00:00Z/2027-03-12T23:00:00Z"]);
    }

    #[test]
    fn free_and_busy_times_are_read_and_joined() {
        let lines = "BEGIN:VFREEBUSY\r\nFREEBUSY:20270310T090000Z/PT1H,20270310T100000Z/20270310T113000Z\r\n\
            FREEBUSY;FBTYPE=FREE:20270311T090000Z/PT1H\r\nEND:VFREEBUSY\r\n";
        assert_eq!(read_all(&calendar(lines)).unwrap(), ["2027-03-10T09:00:00Z/2027-03-10T11:30:00Z"]);
    }

    #[test]
    fn what_is_no_calendar_is_refused_and_never_taken_for_an_empty_one() {
        let whole = calendar(&event(&["DTSTART:20270310T090000Z", "DTEND:20270310T110000Z"]));
        for cut in ["", "<html></html>", "BEGIN:VCALENDAR", &whole[..whole.len() - 20], &whole[..whole.len() - 60]] {
            assert_eq!(read_all(cut), Err(Unreadable::NotACalendar), "{cut}");
        }
        for broken in ["DTSTART:yesterday", "SUMMARY:without a start"] {
            assert_eq!(read_all(&calendar(&event(&[broken]))), Err(Unreadable::Time));
        }
        let endless = event(&["DTSTART:20270310T090000Z", "DURATION:PT1H", "RRULE:FREQ=SOMETIMES"]);
        assert_eq!(read_all(&calendar(&endless)), Err(Unreadable::Rule));
        assert_eq!(read_all(&calendar("")).unwrap(), Vec::<String>::new(), "an empty one is one");
    }
}
