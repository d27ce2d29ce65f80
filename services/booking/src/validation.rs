//! Collects what is wrong with a request, so that a client hears of everything at once.

use std::ops::RangeInclusive;

use problem::{FieldError, Problem};

/// Amounts in requests stay far below what would overflow a sum.
pub const MAX_AMOUNT: i64 = 100_000_000_000;

/// The invalid places of one request.
#[derive(Debug, Default)]
pub struct Validation {
    errors: Vec<FieldError>,
}

impl Validation {
    pub fn refuse(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Refuses the place unless the condition holds.
    pub fn demand(&mut self, holds: bool, pointer: impl Into<String>, detail: &str) {
        if !holds {
            self.refuse(pointer, detail);
        }
    }

    /// One line of text, trimmed, with 1 to `max` characters.
    pub fn line(&mut self, pointer: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        let length = text.chars().count();
        self.demand((1..=max).contains(&length), pointer, &format!("expected 1 to {max} characters"));
        self.demand(!text.chars().any(char::is_control), pointer, "control characters are not allowed");
        text.to_owned()
    }

    /// A line that may be absent or empty.
    pub fn optional_line(&mut self, pointer: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.line(pointer, text, max))
    }

    /// Text of several lines that may be absent or empty.
    pub fn optional_prose(&mut self, pointer: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let controls = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        self.demand(text.chars().count() <= max, pointer, &format!("expected at most {max} characters"));
        self.demand(!text.chars().any(controls), pointer, "control characters are not allowed");
        Some(text.to_owned())
    }

    /// An address that a mail can be sent to, as far as its shape tells.
    pub fn optional_email(&mut self, pointer: &str, text: Option<&str>) -> Option<String> {
        let email = self.optional_line(pointer, text, 254)?;
        let (local, domain) = email.rsplit_once('@').unwrap_or_default();
        let is_plain = |part: &str| !part.is_empty() && !part.chars().any(char::is_whitespace);
        let is_address = is_plain(local) && is_plain(domain) && !local.contains(['@', '<', '>', ',', ';']);
        self.demand(is_address, pointer, "expected an address such as name@example.com");
        Some(email)
    }

    pub fn within<T: PartialOrd + std::fmt::Display>(&mut self, pointer: &str, value: T, range: RangeInclusive<T>) {
        let detail = format!("expected {} to {}", range.start(), range.end());
        self.demand(range.contains(&value), pointer, &detail);
    }

    pub fn amount(&mut self, pointer: &str, amount: i64) {
        self.within(pointer, amount, 0..=MAX_AMOUNT);
    }

    pub fn position(&mut self, latitude: f64, longitude: f64) {
        self.within("/latitude", latitude, -90.0..=90.0);
        self.within("/longitude", longitude, -180.0..=180.0);
    }

    /// 422 with every invalid place, or nothing.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invalid_place_is_named() {
        let mut validation = Validation::default();
        assert_eq!(validation.line("/name", "  Room A ", 10), "Room A");
        validation.line("/slug", "a\0b", 10);
        validation.optional_prose("/description", Some("two\nlines"), 20);
        validation.position(f64::NAN, 181.0);
        validation.amount("/hourly_rate", -1);
        let pointers: Vec<String> =
            validation.finish().unwrap_err().body().errors.into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/slug", "/latitude", "/longitude", "/hourly_rate"]);
    }
}
