//! From transfers to a journal as bookkeepers import it; pure.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use kernel::Currency;
use serde::Serialize;

use super::major;
use crate::accounts::AccountCode;

/// One amount from one account to another: the shape of a line in DATEV's posting batch (Buchungsstapel). The titles
/// are in English; docs/guides/ledger.md names the DATEV column of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalLine {
    pub date: Date,
    pub amount: String,
    pub currency: String,
    pub debit_account: u16,
    pub credit_account: u16,
    pub document: String,
    pub text: String,
    pub debit_code: String,
    pub credit_code: String,
    pub transfer_id: String,
    pub recorded_at: Timestamp,
}

/// A transfer as far as a journal is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    pub transfer_id: String,
    pub kind: String,
    pub source: String,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    /// Account, currency and amount; positive is a debit.
    pub entries: Vec<(String, Currency, i64)>,
}

/// The lines of a transfer. Each currency by itself, its debits are set against its credits in their order: `n` entries
/// make at most `n - 1` lines, and nothing of them is lost.
pub fn lines(voucher: &Voucher) -> Vec<JournalLine> {
    let mut currencies: Vec<Currency> = voucher.entries.iter().map(|(_, currency, _)| *currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    currencies.into_iter().flat_map(|currency| lines_in(voucher, currency)).collect()
}

fn lines_in(voucher: &Voucher, currency: Currency) -> Vec<JournalLine> {
    let side = |sign: i128| {
        let entries = voucher.entries.iter().filter(move |(_, of, _)| *of == currency);
        let amounts = entries.map(move |(code, _, amount)| (code.as_str(), i128::from(*amount) * sign));
        amounts.filter(|(_, amount)| *amount > 0)
    };
    let (mut debits, mut credits) = (side(1), side(-1));
    let (mut debit, mut credit) = (debits.next(), credits.next());
    let mut lines = Vec::new();
    while let (Some((debit_code, owed)), Some((credit_code, given))) = (debit, credit) {
        let amount = owed.min(given);
        lines.push(line(voucher, currency, amount, (debit_code, credit_code)));
        debit = if owed > amount { Some((debit_code, owed - amount)) } else { debits.next() };
        credit = if given > amount { Some((credit_code, given - amount)) } else { credits.next() };
    }
    lines
}

fn line(voucher: &Voucher, currency: Currency, amount: i128, (debit, credit): (&str, &str)) -> JournalLine {
    // Codes in the book are of the chart; 9999 would be one that is not.
    let number = |code: &str| code.parse().map_or(9999, |code: AccountCode| code.number());
    JournalLine {
        date: voucher.effective_at.to_zoned(TimeZone::UTC).date(),
        // No amount of one line is beyond what one entry can be.
        amount: major(i64::try_from(amount).unwrap_or(i64::MAX), currency),
        currency: currency.code().to_owned(),
        debit_account: number(debit),
        credit_account: number(credit),
        document: voucher.source.clone(),
        text: voucher.kind.clone(),
        debit_code: debit.to_owned(),
        credit_code: credit.to_owned(),
        transfer_id: voucher.transfer_id.clone(),
        recorded_at: voucher.recorded_at,
    }
}

/// A calendar month in UTC, as two instants.
pub fn month(text: &str) -> Option<(Timestamp, Timestamp)> {
    let is_month = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
    let first: Date = if is_month { format!("{text}-01").parse().ok()? } else { return None };
    let next = first.last_of_month().tomorrow().ok()?;
    let start = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let (from, to) = (start(first)?, start(next)?);
    // What PostgreSQL can hold, and a ledger may have.
    let sensible = from >= Timestamp::UNIX_EPOCH && to.duration_since(from) > SignedDuration::ZERO;
    sensible.then_some((from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voucher(entries: &[(&str, Currency, i64)]) -> Voucher {
        Voucher {
            transfer_id: "trf".into(),
            kind: "payment_allocated".into(),
            source: "pay".into(),
            effective_at: "2027-03-31T23:59:59Z".parse().unwrap(),
            recorded_at: "2027-04-01T00:00:00Z".parse().unwrap(),
            entries: entries.iter().map(|(code, currency, amount)| ((*code).to_owned(), *currency, *amount)).collect(),
        }
    }

    fn read(lines: &[JournalLine]) -> Vec<(&str, u16, u16)> {
        lines.iter().map(|line| (line.amount.as_str(), line.debit_account, line.credit_account)).collect()
    }

    #[test]
    fn a_split_becomes_a_line_for_each_part() {
        let company = "liabilities:company:com_01h455vb4pex5vsknk084sn02q:pending";
        let entries = [
            ("liabilities:unallocated", Currency::EUR, 10_710),
            (company, Currency::EUR, -9_639),
            ("income:commission", Currency::EUR, -900),
            ("liabilities:tax:DE", Currency::EUR, -171),
        ];
        let lines = lines(&voucher(&entries));
        assert_eq!(read(&lines), [("96.39", 1590, 1700), ("9.00", 1590, 8510), ("1.71", 1590, 1776)]);
        assert_eq!(lines[0].date.to_string(), "2027-03-31");
    }

    #[test]
    fn currencies_are_never_set_against_each_other() {
        let entries = [
            ("assets:position", Currency::EUR, 100),
            ("assets:bank", Currency::EUR, -100),
            ("assets:bank", Currency::JPY, 160),
            ("assets:position", Currency::JPY, -160),
        ];
        let lines = lines(&voucher(&entries));
        assert_eq!(read(&lines), [("1.00", 1370, 1200), ("160", 1200, 1370)]);
        assert_eq!(lines[1].currency, "JPY");
    }

    #[test]
    fn months_begin_and_end_in_utc() {
        let (from, to) = month("2027-12").unwrap();
        assert_eq!((from.to_string(), to.to_string()), ("2027-12-01T00:00:00Z".into(), "2028-01-01T00:00:00Z".into()));
        for bad in ["", "2027", "2027-13", "2027-1", "27-12-1", "1969-12", "2027-12-01", "abcd-ef"] {
            assert_eq!(month(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn lines_move_exactly_what_the_entries_move(amounts in prop::collection::vec(1..1_000_i64, 1..8), cut in 1..8_usize) {
            // Debits, and as much credit in other pieces.
            let total: i64 = amounts.iter().sum();
            let pieces = cut.min(usize::try_from(total).unwrap());
            let mut entries: Vec<(&str, Currency, i64)> = amounts.iter().map(|amount| ("assets:bank", Currency::JPY, *amount)).collect();
            let piece = total / pieces as i64;
            for index in 0..pieces as i64 {
                let amount = if index + 1 == pieces as i64 { total - piece * index } else { piece };
                entries.push(("liabilities:unallocated", Currency::JPY, -amount));
            }
            let lines = lines(&voucher(&entries));
            let moved: i64 = lines.iter().map(|line| line.amount.parse::<i64>().unwrap()).sum();
            prop_assert_eq!(moved, total);
            prop_assert!(lines.len() < entries.len());
            prop_assert!(lines.iter().all(|line| line.debit_account == 1200 && line.credit_account == 1590));
        }
    }
}
