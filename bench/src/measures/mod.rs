//! What is measured, one file each: what is compared, and how the table says it.

pub mod balances;
pub mod booking;
pub mod events;
pub mod gateway;
pub mod ledger;
pub mod login;
pub mod logout;
pub mod memory;
pub mod payments;
pub mod reconciliation;
pub mod search;
pub mod times;
pub mod webhooks;

use crate::{contest::Spread, load::Throughput};

/// The rates of one contender, for ratios.
fn rates(rounds: &[Throughput]) -> Vec<f64> {
    rounds.iter().map(|round| round.per_second).collect()
}

/// `12,345`.
fn rate(rounds: &[Throughput]) -> String {
    thousands(Spread::of(rates(rounds)).median)
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The median of the rounds' 99th percentiles, in milliseconds; NaN where nobody knows them.
fn p99_millis(rounds: &[Throughput]) -> f64 {
    Spread::of(rounds.iter().filter_map(|round| round.p99).map(|p99| p99.as_secs_f64() * 1000.0)).median
}

fn p99(rounds: &[Throughput]) -> String {
    in_millis(p99_millis(rounds))
}

fn p50(rounds: &[Throughput]) -> String {
    in_millis(Spread::of(rounds.iter().filter_map(|round| round.p50).map(|p50| p50.as_secs_f64() * 1000.0)).median)
}

fn in_millis(millis: f64) -> String {
    if millis.is_nan() { "–".to_owned() } else { format!("{millis:.2} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_rates_are_grouped() {
        for (value, text) in [(0.4, "0"), (999.0, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(thousands(value), text);
        }
    }
}
