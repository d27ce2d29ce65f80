//! Writing iCalendar: escaped, folded at 75 octets, with CRLF. The crate that reads calendars writes no time zones, so
//! this is ours.

/// A calendar that is being written.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    pub fn begin(&mut self, component: &str) {
        self.raw("BEGIN", component);
    }

    pub fn end(&mut self, component: &str) {
        self.raw("END", component);
    }

    /// A property whose value stands as it is: dates, numbers, words of the standard.
    pub fn raw(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{value}"));
    }

    /// A property whose value is somebody's words.
    pub fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => {}
                c => escaped.push(c),
            }
        }
        self.raw(name, &escaped);
    }

    /// Lines are no longer than 75 octets; what follows begins with a space. No character is cut in two.
    fn line(&mut self, line: &str) {
        let mut room = 75;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = 74;
            }
            room -= c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }

    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_escaped() {
        let mut writer = Writer::default();
        writer.text("SUMMARY", "Drums; bass, and \\ more\r\nEND:VEVENT");
        assert_eq!(writer.finish(), "SUMMARY:Drums\\; bass\\, and \\\\ more\\nEND:VEVENT\r\n");
    }

    proptest! {
        #[test]
        fn lines_are_short_and_unfold_to_what_was_written(text in "[a-zäß€🎸 ]{0,300}") {
            let mut writer = Writer::default();
            writer.text("X", &text);
            let written = writer.finish();
            prop_assert!(written.split("\r\n").all(|line| line.len() <= 75));
            prop_assert_eq!(written.replace("\r\n ", ""), format!("X:{text}\r\n"));
        }
    }
}
