//! Recurring events of a calendar that is read, expanded to instants.

use jiff::Timestamp;
use rrule::RRuleSet;

/// More instances of one event, from its first on, than anybody's calendar has.
const MAX_INSTANCES: usize = 20_000;

/// The starts between two instants. `lines` are the event's `DTSTART`, `RRULE`, `RDATE` and `EXDATE` as they were read;
/// `None` for rules that mean nothing, or too much.
pub fn starts(lines: &str, from: Timestamp, until: Timestamp) -> Option<Vec<Timestamp>> {
    let rules: RRuleSet = lines.parse().ok()?;
    let mut starts = Vec::new();
    for (index, date) in rules.limit().into_iter().enumerate() {
        let start = Timestamp::from_second(date.timestamp()).ok()?;
        if start >= until {
            return Some(starts);
        }
        if index == MAX_INSTANCES {
            return None;
        }
        if start >= from {
            starts.push(start);
        }
    }
    Some(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str, expected: &[&str]) {
        let (from, until) = ("2027-03-20T00:00:00Z".parse().unwrap(), "2027-04-06T00:00:00Z".parse().unwrap());
        let found = starts(lines, from, until).map(|starts| starts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found.unwrap_or_default(), expected, "{lines}");
    }

    #[test]
    fn a_weekly_rehearsal_keeps_its_time_over_a_change_of_the_clocks() {
        let weekly = "DTSTART;TZID=Europe/Berlin:20270301T190000\nRRULE:FREQ=WEEKLY;BYDAY=MO";
        check(weekly, &["2027-03-22T18:00:00Z", "2027-03-29T17:00:00Z", "2027-04-05T17:00:00Z"]);
        let without = format!("{weekly}\nEXDATE;TZID=Europe/Berlin:20270329T190000");
        check(&without, &["2027-03-22T18:00:00Z", "2027-04-05T17:00:00Z"]);
        check("DTSTART:20270301T100000Z\nRRULE:FREQ=WEEKLY;COUNT=3", &[]);
    }

    #[test]
    fn rules_without_sense_or_end_are_refused() {
        let (from, until) = ("2027-03-20T00:00:00Z".parse().unwrap(), "2027-04-06T00:00:00Z".parse().unwrap());
        assert_eq!(starts("DTSTART:20270301T100000Z\nRRULE:FREQ=SOMETIMES", from, until), None);
        assert_eq!(starts("DTSTART:20260301T100000Z\nRRULE:FREQ=SECONDLY", from, until), None);
    }
}
