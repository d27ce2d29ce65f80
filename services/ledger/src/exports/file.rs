//! How a file is written and sent.

use actix_web::{HttpResponse, http::header};
use kernel::Currency;
use problem::Problem;
use rust_decimal::Decimal;
use serde::Serialize;

/// Minor units as a decimal of the major unit, with as many places as the currency has: `-12.50`.
pub fn major(amount: i64, currency: Currency) -> String {
    Decimal::from_i128_with_scale(i128::from(amount), u32::from(currency.exponent())).to_string()
}

/// A CSV file (RFC 4180, UTF-8) with a line of titles, which are the names of the rows' fields.
pub fn csv_file<R: Serialize>(name: &str, rows: &[R]) -> Result<HttpResponse, Problem> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(Problem::internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| Problem::internal(error.into_error()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        let dinars: Currency = "KWD".parse().unwrap();
        assert_eq!(major(-1250, Currency::EUR), "-12.50");
        assert_eq!(major(5, Currency::EUR), "0.05");
        assert_eq!(major(1250, Currency::JPY), "1250");
        assert_eq!(major(1250, dinars), "1.250");
        assert_eq!(major(i64::MIN, Currency::EUR), "-92233720368547758.08");
    }
}
