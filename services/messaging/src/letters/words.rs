//! How times are told, and how words that people chose are made fit for a letter.

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// No line of a letter that somebody typed is longer.
const LONGEST: usize = 200;

/// One line: no control characters (a subject must not become a header), no runs of space, of a bearable length.
pub fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    let mut line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Characters that turn or hide text (Unicode bidirectional controls, zero width).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A stranger can register anybody's address under any name; a name that reads like a link would make ours the mail
/// that carries it.
pub fn greeting(name: &str) -> String {
    name_of(name).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

/// What somebody is called, unless it would make a letter say more than that.
pub fn name_of(text: &str) -> Option<String> {
    let name = line(text);
    let is_name = !name.is_empty() && name.chars().count() <= 80 && !reads_like_a_link(&name);
    is_name.then_some(name)
}

fn reads_like_a_link(name: &str) -> bool {
    let inside_a_word = name.split(' ').any(|word| word.trim_end_matches('.').contains('.'));
    inside_a_word || name.contains(['/', ':', '@', '<', '>'])
}

/// From when to when, by the clock on the studio's wall.
pub fn when(starts_at: Timestamp, ends_at: Timestamp, time_zone: &str) -> String {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let (starts, ends) = (starts_at.to_zoned(zone.clone()), ends_at.to_zoned(zone));
    let name = starts.time_zone().iana_name().unwrap_or("UTC");
    let end = if starts.date() == ends.date() { ends.strftime("%H:%M").to_string() } else { day_and_time(&ends) };
    if starts.offset() == ends.offset() {
        format!("{} to {end} ({name}, UTC{})", day_and_time(&starts), starts.strftime("%:z"))
    } else {
        // The clocks change meanwhile.
        let (from, to) = (starts.strftime("%:z"), ends.strftime("%:z"));
        format!("{} (UTC{from}) to {end} (UTC{to}), {name}", day_and_time(&starts))
    }
}

/// One instant, by the same clock.
pub fn at(instant: Timestamp, time_zone: &str) -> String {
    let local = instant.to_zoned(TimeZone::get(time_zone).unwrap_or(TimeZone::UTC));
    let name = local.time_zone().iana_name().unwrap_or("UTC");
    format!("{} ({name}, UTC{})", day_and_time(&local), local.strftime("%:z"))
}

fn day_and_time(instant: &Zoned) -> String {
    instant.strftime("%A, %-d %B %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_the_studios_clock() {
        let told = |from: &str, to: &str, zone| when(from.parse().unwrap(), to.parse().unwrap(), zone);
        for (from, to, zone, expected) in [
            (
                "2027-03-26T17:00:00Z",
                "2027-03-26T19:00:00Z",
                "Europe/Berlin",
                "Friday, 26 March 2027, 18:00 to 20:00 (Europe/Berlin, UTC+01:00)",
            ),
            (
                "2027-03-26T21:00:00Z",
                "2027-03-27T01:00:00Z",
                "Europe/Berlin",
                "Friday, 26 March 2027, 22:00 to Saturday, 27 March 2027, 02:00 (Europe/Berlin, UTC+01:00)",
            ),
            (
                "2027-03-28T00:00:00Z",
                "2027-03-28T02:00:00Z",
                "Europe/Berlin",
                "Sunday, 28 March 2027, 01:00 (UTC+01:00) to 04:00 (UTC+02:00), Europe/Berlin",
            ),
            (
                "2027-07-01T09:30:00Z",
                "2027-07-01T10:00:00Z",
                "Asia/Kolkata",
                "Thursday, 1 July 2027, 15:00 to 15:30 (Asia/Kolkata, UTC+05:30)",
            ),
        ] {
            assert_eq!(told(from, to, zone), expected);
        }
        assert!(told("2027-07-01T09:30:00Z", "2027-07-01T10:00:00Z", "Mars/Olympus").contains("UTC"));
    }

    #[test]
    fn names_cannot_smuggle_links_or_headers() {
        for name in
            ["Visit http://evil.example", "www.evil.example", "evil.example/win", "a@b.c", "<b>x", "", "\u{202e}"]
        {
            assert_eq!(greeting(name), "Hello,", "{name}");
        }
        assert_eq!(greeting("Dr. Ada  Lovelace\r\nBcc"), "Hello Dr. Ada Lovelace Bcc,");
        assert_eq!(line("a\r\nBcc: all@example.com\u{0}"), "a Bcc: all@example.com");
        assert_eq!(line(&"x".repeat(500)).chars().count(), LONGEST + 1);
    }
}
