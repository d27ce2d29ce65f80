//! The tables the migrations make, and the tables `schema.rs` declares, in one shape to compare and to print.
//!
//! diesel's own command would need libpq and minutes to build. All that is to be known stands in PostgreSQL's
//! catalog, so the migrations run in a scratch database and its catalog is read.

pub mod database;
pub mod declared;
pub mod print;
pub mod types;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::root;

/// Tables by name.
pub type Tables = BTreeMap<String, Table>;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub primary_key: Vec<String>,
    pub columns: Vec<Column>,
    /// Columns that `schema.rs` says it leaves out: `// unmapped: search`.
    pub unmapped: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// As diesel writes it, `Nullable<Text>`.
    pub kind: String,
}

/// Crates whose tables every service with a database has, in the order in which their migrations run.
const SHARED: [&str; 2] = ["crates/events", "crates/service-kit"];

/// Folders with migrations of their own: the shared crates and the services.
pub fn owners() -> Result<Vec<String>> {
    let mut owners: Vec<String> = SHARED.map(str::to_owned).to_vec();
    for entry in std::fs::read_dir(root().join("services"))? {
        owners.push(format!("services/{}", entry?.file_name().to_string_lossy()));
    }
    owners.retain(|owner| root().join(owner).join("migrations").exists());
    owners.sort();
    Ok(owners)
}

/// What has to run before an owner's migrations.
pub fn prerequisites(owner: &str) -> Vec<&'static str> {
    let is_shared = SHARED.contains(&owner);
    SHARED.into_iter().filter(|_| !is_shared).collect()
}

pub fn schema_file(owner: &str) -> PathBuf {
    root().join(owner).join("src/schema.rs")
}

/// How the declared tables differ from those of the database, one sentence each.
pub fn differences(owner: &str, real: &Tables, declared: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    for (name, table) in real {
        match declared.get(name) {
            None => found.push(format!("{owner}: table {name} is missing in schema.rs")),
            Some(declared) => table_differences(&format!("{owner}: {name}"), table, declared, &mut found),
        }
    }
    let invented = declared.keys().filter(|name| !real.contains_key(*name));
    found.extend(invented.map(|name| format!("{owner}: no migration makes table {name}")));
    found
}

fn table_differences(place: &str, real: &Table, declared: &Table, found: &mut Vec<String>) {
    if !real.primary_key.is_empty() && real.primary_key != declared.primary_key {
        found.push(format!("{place}: the primary key is {:?}, not {:?}", real.primary_key, declared.primary_key));
    }
    for column in real.columns.iter().filter(|column| !declared.unmapped.contains(&column.name)) {
        let Column { name, kind } = column;
        match declared.columns.iter().find(|other| other.name == *name) {
            None => found.push(format!("{place}.{name} is missing in schema.rs")),
            Some(other) if !types::same(kind, &other.kind) => {
                found.push(format!("{place}.{name} is {kind}, schema.rs says {}", other.kind));
            }
            Some(_) => {}
        }
    }
    let is_real = |column: &&Column| real.columns.iter().any(|other| other.name == column.name);
    let invented = declared.columns.iter().filter(|column| !is_real(column));
    found.extend(invented.map(|column| format!("{place}.{} exists in no migration", column.name)));
}
