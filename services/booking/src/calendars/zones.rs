//! `VTIMEZONE`: what a zone's clock does around some instants, for programs that do not know the zone.

use jiff::{
    SignedDuration, Timestamp,
    tz::{Offset, TimeZone},
};

use super::ics::Writer;

/// A change of the clocks is written when it lies between a year before the first and a year after the last instant.
const MARGIN: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Writes the zone, with one part for each change of its clock, and one for what was before the first of them.
pub fn write(writer: &mut Writer, name: &str, zone: &TimeZone, first: Timestamp, last: Timestamp) {
    let from = first.checked_sub(MARGIN).unwrap_or(Timestamp::MIN);
    let until = last.checked_add(MARGIN).unwrap_or(Timestamp::MAX);
    writer.begin("VTIMEZONE");
    writer.raw("TZID", name);
    let before = zone.to_offset_info(from);
    let mut previous = before.offset();
    write_part(writer, from, previous, previous, before.dst().is_dst(), before.abbreviation());
    for change in zone.following(from).take_while(|change| change.timestamp() <= until) {
        write_part(writer, change.timestamp(), previous, change.offset(), change.dst().is_dst(), change.abbreviation());
        previous = change.offset();
    }
    writer.end("VTIMEZONE");
}

fn write_part(writer: &mut Writer, at: Timestamp, from: Offset, to: Offset, is_dst: bool, abbreviation: &str) {
    let component = if is_dst { "DAYLIGHT" } else { "STANDARD" };
    writer.begin(component);
    // By the clock as it was before the change.
    writer.raw("DTSTART", &from.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string());
    writer.raw("TZOFFSETFROM", &offset(from));
    writer.raw("TZOFFSETTO", &offset(to));
    writer.text("TZNAME", abbreviation);
    writer.end(component);
}

/// `+0100`, with seconds where a zone has them.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { format!("{sign}{hours:02}{minutes:02}") } else { format!("{sign}{hours:02}{minutes:02}{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::zone;

    fn written(name: &str, at: &str) -> String {
        let (mut writer, at) = (Writer::default(), at.parse().unwrap());
        write(&mut writer, name, &zone(name).unwrap(), at, at);
        writer.finish()
    }

    #[test]
    fn a_zone_tells_when_its_clock_changes() {
        let berlin = written("Europe/Berlin", "2027-06-01T00:00:00Z");
        let spring = "BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
            TZNAME:CEST\r\nEND:DAYLIGHT\r\n";
        let autumn = "BEGIN:STANDARD\r\nDTSTART:20271031T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
            TZNAME:CET\r\nEND:STANDARD\r\n";
        assert!(berlin.contains(spring) && berlin.contains(autumn), "{berlin}");
        assert_eq!(berlin.matches("TZNAME").count(), 5, "two years of changes and what was before: {berlin}");
    }

    #[test]
    fn a_zone_that_never_changes_has_one_part() {
        let utc = written("Asia/Tokyo", "2027-06-01T00:00:00Z");
        assert_eq!((utc.matches("BEGIN:STANDARD").count(), utc.contains("TZOFFSETTO:+0900")), (1, true));
    }
}
