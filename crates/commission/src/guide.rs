//! The guide's examples are true: its table of rates has the numbers that a payment is split into.

use kernel::{Currency, Money};

use crate::{Rates, Split, rate};

const GUIDE: &str = include_str!("../../../docs/guides/payments.md");

fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[test]
fn the_guides_examples_are_what_payments_are_split_into() {
    for percent in ["10", "5", "0", "50"] {
        let rates = Rates { commission: rate(Some(percent)).unwrap().percent(), vat: "19".parse().unwrap() };
        let parts = Split::new(Money::new(10_710, Currency::EUR), 9_000, 10_710, rates).unwrap().parts();
        let (commission, tax, company) = (decimal(parts.commission), decimal(parts.tax), decimal(parts.company));
        let row = format!("| {percent} % | {commission} | {tax} | {company} |");
        assert!(GUIDE.contains(&row), "docs/guides/payments.md should have\n{row}");
    }
}
