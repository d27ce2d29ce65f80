//! The tables: printed, and kept in a file whose other sections stay as they are.

use std::{fmt::Write, fs, path::PathBuf};

use anyhow::Context;

use crate::facts::Facts;

/// One measurement's figures and what they mean.
#[derive(Debug)]
pub struct Section {
    pub title: &'static str,
    /// What is compared with what, in Markdown.
    pub text: String,
    pub table: Table,
}

#[derive(Debug)]
pub struct Table {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    fn markdown(&self) -> String {
        let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.columns.clone());
        text += &line(self.columns.iter().map(|_| "---").collect());
        for row in &self.rows {
            text += &line(row.iter().map(String::as_str).collect());
        }
        text
    }
}

/// An aim and whether it is met, as a table shows it.
pub fn at_least(aim: f64, value: f64) -> String {
    format!("≥ {aim}: {}", if value >= aim { "met" } else { "**missed**" })
}

pub fn below(aim: f64, unit: &str, value: f64) -> String {
    format!("< {aim} {unit}: {}", if value < aim { "met" } else { "**missed**" })
}

const PREAMBLE: &str = "# Benchmarks

Written by `just bench` (`just bench gateway`, `login`, `logout`, `booking`, `search`, `times`, `ledger`, `balances`, `events`, `webhooks`, `payments`, `reconciliation` or `memory` for one section). Everything \
runs on one machine over loopback, load and servers included. What is compared is measured in turns: baseline, ours, \
baseline, ours, …, baseline. A ratio is ours over the mean of the baseline just before and just after it; the table \
has the median of the rounds and, in brackets, their range. Other figures are medians.
";

/// What has been measured so far.
#[derive(Debug)]
pub struct Report {
    facts: Facts,
    out: Option<PathBuf>,
    sections: Vec<(String, String)>,
}

impl Report {
    pub fn new(facts: Facts, out: Option<PathBuf>) -> Self {
        let mut machine = Table::new(&["machine", ""]);
        machine.rows = facts.lines.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
        let sections = vec![("Machine".to_owned(), machine.markdown())];
        Self { facts, out, sections }
    }

    /// Adds a section and writes the file, so that a later failure does not lose it.
    pub fn add(&mut self, section: Section) -> anyhow::Result<()> {
        let Facts { commit, at, .. } = &self.facts;
        let body = format!("{}\n\n{}\nMeasured {at} at commit {commit}.\n", section.text, section.table.markdown());
        self.sections.push((section.title.to_owned(), body));
        let Some(out) = &self.out else { return Ok(()) };
        let before = fs::read_to_string(out).unwrap_or_default();
        fs::write(out, merged(&before, &self.sections)).with_context(|| format!("writing {}", out.display()))
    }

    #[expect(clippy::print_stdout, reason = "the answer of a command")]
    pub fn print(&self) {
        println!("\n{}", merged("", &self.sections));
    }
}

/// The order of the file; what stands in it besides comes after.
const ORDER: [&str; 13] = [
    "Machine",
    "Gateway",
    "Login",
    "Logout",
    "Booking",
    "Search",
    "Available times",
    "Ledger",
    "Events",
    "Webhooks",
    "Payments",
    "Reconciliation",
    "Memory and start-up",
];

/// The file with these sections replaced or added.
fn merged(before: &str, measured: &[(String, String)]) -> String {
    let mut sections = split(before);
    for (title, body) in measured {
        match sections.iter_mut().find(|(existing, _)| existing == title) {
            Some(section) => section.1.clone_from(body),
            None => sections.push((title.clone(), body.clone())),
        }
    }
    // Stable: whoever else writes sections keeps their order.
    sections.sort_by_key(|(title, _)| ORDER.iter().position(|known| known == title).unwrap_or(ORDER.len()));
    let mut text = PREAMBLE.to_owned();
    for (title, body) in sections {
        let _ = write!(text, "\n## {title}\n\n{}\n", body.trim());
    }
    text
}

fn split(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("## "), sections.last_mut()) {
            (Some(title), _) => sections.push((title.trim().to_owned(), String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &str, body: &str) -> (String, String) {
        (title.to_owned(), body.to_owned())
    }

    #[test]
    fn what_was_not_measured_stays() {
        let first = merged("", &[section("Machine", "two cores"), section("Ledger", "old ledger")]);
        let with_soak = format!("{first}\n## Soak\n\n200 clients, one booking\n");
        let again = merged(&with_soak, &[section("Gateway", "new gateway"), section("Ledger", "new ledger")]);
        let expected = format!(
            "{PREAMBLE}\n## Machine\n\ntwo cores\n\n## Gateway\n\nnew gateway\n\n## Ledger\n\nnew ledger\n\n## Soak\n\n200 clients, one booking\n"
        );
        assert_eq!(again, expected);
    }

    #[test]
    fn a_missed_aim_is_seen() {
        assert_eq!(at_least(0.8, 0.79), "≥ 0.8: **missed**");
        assert_eq!(at_least(0.8, 0.8), "≥ 0.8: met");
        assert_eq!(below(100.0, "ms", 12.0), "< 100 ms: met");
    }
}
