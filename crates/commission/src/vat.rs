//! Standard rates of VAT, for the platform's commission: by the country of the company that pays it.

use kernel::Percent;
use rust_decimal::Decimal;

/// Tenths of a percent, by ISO 3166-1 alpha-2. EU: European Commission, "VAT rates applied in the Member States"
/// (2026); others by their tax authorities.
const STANDARD_RATES: &[(&str, i64)] = &[
    ("AT", 200),
    ("BE", 210),
    ("BG", 200),
    ("CH", 81),
    ("CY", 190),
    ("CZ", 210),
    ("DE", 190),
    ("DK", 250),
    ("EE", 240),
    ("ES", 210),
    ("FI", 255),
    ("FR", 200),
    ("GB", 200),
    ("GR", 240),
    ("HR", 250),
    ("HU", 270),
    ("IE", 230),
    ("IT", 220),
    ("LT", 210),
    ("LU", 170),
    ("LV", 210),
    ("MT", 180),
    ("NL", 210),
    ("NO", 250),
    ("PL", 230),
    ("PT", 230),
    ("RO", 210),
    ("SE", 250),
    ("SI", 220),
    ("SK", 230),
];

/// The standard rate of a country, by its ISO 3166-1 alpha-2 code; 0 % where the platform is not registered.
pub fn standard_rate(country: &str) -> Percent {
    let known = STANDARD_RATES.binary_search_by_key(&country, |(code, _)| code);
    let tenths = known.ok().and_then(|index| STANDARD_RATES.get(index)).map_or(0, |(_, tenths)| *tenths);
    Percent::new(Decimal::new(tenths, 1)).unwrap_or(Percent::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_rate_is_found() {
        assert!(STANDARD_RATES.is_sorted_by_key(|(code, _)| code));
        for (code, tenths) in STANDARD_RATES {
            let rate = standard_rate(code);
            assert_eq!(rate.value(), Decimal::new(*tenths, 1), "{code}");
        }
    }

    #[test]
    fn other_countries_pay_none() {
        assert_eq!(standard_rate("US"), Percent::ZERO);
    }
}
