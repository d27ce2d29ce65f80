//! Prints a `schema.rs` the way diesel's own command does.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::database::Migrated;
use super::{Table, types};

pub fn schema(migrated: &Migrated) -> String {
    let mut blocks: Vec<String> = migrated.tables.iter().map(|(name, table)| block(name, table)).collect();
    blocks.extend(joinables(migrated));
    let names: Vec<&str> = migrated.tables.keys().map(String::as_str).collect();
    if names.len() > 1 {
        blocks.push(format!("diesel::allow_tables_to_appear_in_same_query!({});\n", names.join(", ")));
    }
    format!("// @generated from the migrations by `just schema`.\n\n{}", blocks.join("\n"))
}

fn block(name: &str, table: &Table) -> String {
    let mut text = String::from("diesel::table! {\n");
    let foreign = table.columns.iter().find(|column| !types::is_builtin(&column.kind));
    if let Some(column) = foreign {
        let _ = writeln!(text, "    // {} is no type of diesel: define it in sql_types.\n", column.kind);
        text.push_str("    use super::sql_types::*;\n    use diesel::sql_types::*;\n\n");
    }
    let _ = writeln!(text, "    {name} ({}) {{", table.primary_key.join(", "));
    for column in &table.columns {
        let (field, rename) = field_name(&column.name);
        if rename {
            let _ = writeln!(text, "        #[sql_name = \"{}\"]", column.name);
        }
        let _ = writeln!(text, "        {field} -> {},", column.kind);
    }
    text.push_str("    }\n}\n");
    text
}

/// Words that Rust keeps for itself.
fn field_name(column: &str) -> (String, bool) {
    match column {
        "type" | "ref" | "use" | "mod" | "move" | "match" | "where" | "for" | "in" => (format!("{column}_"), true),
        _ => (column.to_owned(), false),
    }
}

/// diesel cannot choose between two keys to the same table, so those are left to the query.
fn joinables(migrated: &Migrated) -> Vec<String> {
    let mut keys: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (child, parent, column) in &migrated.foreign_keys {
        keys.entry((child, parent)).or_default().push(column);
    }
    let single = keys.into_iter().filter(|(_, columns)| columns.len() == 1);
    single
        .map(|((child, parent), columns)| format!("diesel::joinable!({child} -> {parent} ({}));\n", columns[0]))
        .collect()
}
