//! A statement as people keep it; pure.

use documents::{Column, Document, Fact, Table};
use jiff::Timestamp;
use kernel::{Currency, Money};

use super::{Side, statement::StatementRow, store::AccountRow};
use crate::exports::major;

/// What a printed statement is made of.
#[derive(Debug)]
pub struct Statement {
    pub account: AccountRow,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub at: Timestamp,
    /// The balance before the first line.
    pub opening: i64,
    /// Oldest first.
    pub lines: Vec<StatementRow>,
}

impl Statement {
    pub fn document(&self) -> Document {
        let currency = self.account.currency;
        let closing = self.lines.last().map_or(self.opening, |line| line.balance_after);
        let money = |amount: i64| Money::new(amount, currency).to_string();
        let mut document = Document::new("Account statement", &self.account.code, self.at);
        document.facts = vec![
            Fact::new("Account", self.account.id.to_string()),
            Fact::new("Currency", currency.code()),
            Fact::new("Recorded from", self.from.map_or("the beginning".to_owned(), printed)),
            Fact::new("Recorded before", printed(self.to.unwrap_or(self.at))),
            Fact::new("Printed", printed(self.at)),
            Fact::new("Opening balance", money(self.opening)),
        ];
        document.table = Some(self.table(currency));
        document.sums = vec![
            Fact::new("Debits", sum(&self.lines, currency, |amount| amount.max(0))),
            Fact::new("Credits", sum(&self.lines, currency, |amount| amount.min(0).saturating_neg())),
            Fact::new("Closing balance", money(closing)),
        ];
        let grows = match Side::parse(&self.account.normal_side) {
            Side::Debit => "debits",
            Side::Credit => "credits",
        };
        document.notes = vec![format!("Times are UTC. The balance of this account grows by {grows}.")];
        document
    }

    fn table(&self, currency: Currency) -> Table {
        let columns = [
            Column::right("No.", 7),
            Column::left("Effective", 15),
            Column::left("What", 18),
            Column::left("About", 29),
            Column::right("Debit", 11),
            Column::right("Credit", 11),
            Column::right("Balance", 12),
        ];
        // A zero says nothing here.
        let side = |amount: i64| if amount == 0 { String::new() } else { major(amount, currency) };
        let row = |line: &StatementRow| {
            [
                line.number.to_string(),
                line.effective_at.to_jiff().strftime("%Y-%m-%d %H:%M").to_string(),
                line.kind.replace('_', " "),
                line.source.clone(),
                side(line.amount.max(0)),
                side(line.amount.min(0).saturating_neg()),
                major(line.balance_after, currency),
            ]
        };
        Table::new(columns, self.lines.iter().map(row))
    }
}

fn printed(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Of any number of lines, so in a wider type than one amount.
fn sum(lines: &[StatementRow], currency: Currency, part: impl Fn(i64) -> i64) -> String {
    let sum: i128 = lines.iter().map(|line| i128::from(part(line.amount))).sum();
    i64::try_from(sum).map_or_else(|_| "beyond range".to_owned(), |sum| Money::new(sum, currency).to_string())
}
