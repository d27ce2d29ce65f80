//! `matrix.md` as data.

use super::identity::{Identity, Outcome, Owner};

static TEXT: &str = include_str!("matrix.md");

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    pub service: &'static str,
    /// `POST /api/bookings/{booking_id}/cancel`
    pub operation: &'static str,
    pub owner: Owner,
    /// In the order of [`Identity::ALL`].
    cells: Vec<Outcome>,
}

impl Row {
    pub fn expected(&self, identity: Identity) -> Outcome {
        self.cells[identity as usize]
    }

    pub fn is_internal(&self) -> bool {
        matches!(self.owner, Owner::Services(_))
    }

    /// The path and the method: what the rows of a service are sorted by.
    pub fn place(&self) -> (&'static str, &'static str) {
        let (method, path) = self.operation.split_once(' ').unwrap();
        (path, method)
    }
}

/// All rows, as they stand there. Panics at what is not a row.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut service = "";
    for line in TEXT.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            service = name;
        } else if !service.is_empty() && line.starts_with("| `") {
            rows.push(row(service, line));
        } else if line.starts_with("| operation") {
            let titles: Vec<&str> = cells(line).skip(2).collect();
            assert_eq!(titles, Identity::ALL.map(Identity::title), "the columns of {service}");
        }
    }
    rows
}

fn cells(line: &'static str) -> impl Iterator<Item = &'static str> {
    line.trim().trim_matches('|').split('|').map(str::trim)
}

fn row(service: &'static str, line: &'static str) -> Row {
    let mut cells = cells(line);
    let operation = cells.next().unwrap().trim_matches('`');
    let owner = match cells.next().unwrap() {
        "-" => Owner::Nobody,
        "customer" => Owner::Customer,
        "company" => Owner::Company,
        services => Owner::Services(services.split(", ").map(str::to_owned).collect()),
    };
    let cells: Vec<Outcome> = cells.map(|cell| outcome(cell).unwrap_or_else(|| panic!("{cell:?} in {line}"))).collect();
    assert_eq!(cells.len(), Identity::ALL.len(), "{line}");
    Row { service, operation, owner, cells }
}

fn outcome(cell: &str) -> Option<Outcome> {
    match cell {
        "ok" => Some(Outcome::LetIn),
        "401" | "403" | "404" => cell.parse().ok().map(Outcome::Refused),
        _ => None,
    }
}
