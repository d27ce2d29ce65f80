//! Reads the `table!` blocks of a `schema.rs`.

use super::{Column, Table, Tables};

pub fn parse(text: &str) -> Tables {
    let mut tables = Tables::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line.ends_with("table! {") {
            let block: Vec<&str> = block(&mut lines);
            tables.extend(table(&block));
        }
    }
    tables
}

/// The lines up to the brace that closes the macro: depth 0 is inside `table! {`.
fn block<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut depth = 0;
    lines
        .take_while(|line| {
            depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
            depth >= 0
        })
        .collect()
}

fn table(block: &[&str]) -> Option<(String, Table)> {
    let mut table = Table::default();
    let mut name = None;
    let mut sql_name = None;
    let is_code = |line: &&&str| line.starts_with("// unmapped:") || !is_decoration(line);
    for line in block.iter().filter(is_code) {
        if let Some(columns) = line.strip_prefix("// unmapped:") {
            table.unmapped.extend(names(columns));
        } else if let Some(rest) = line.strip_prefix("#[sql_name = \"") {
            sql_name = rest.split('"').next();
        } else if let Some((column, kind)) = line.split_once("->") {
            let name = sql_name.take().unwrap_or(column.trim()).to_owned();
            table.columns.push(Column { name, kind: kind.trim().trim_end_matches(',').to_owned() });
        } else if let Some((header, key)) = line.trim_end_matches(['{', ' ']).split_once('(') {
            let plain = header.trim().rsplit('.').next().unwrap_or(header);
            name = Some(sql_name.take().unwrap_or(plain).to_owned());
            table.primary_key = names(key.trim_end_matches(')'));
        }
    }
    Some((name?, table))
}

/// Comments, imports and attributes, except the one that renames.
fn is_decoration(line: &str) -> bool {
    line.starts_with("//") || line.starts_with("use ") || (line.starts_with("#[") && !line.starts_with("#[sql_name"))
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_diesel_prints_and_what_people_add() {
        let tables = parse(
            r#"
            diesel::table! {
                use diesel::sql_types::*;
                /// A room.
                rooms (company_id, id) {
                    company_id -> Uuid,
                    #[max_length = 80]
                    #[sql_name = "type"]
                    kind -> Nullable<Varchar>,
                    // unmapped: search
                    // unmapped: position
                }
            }
            diesel::joinable!(rooms -> studios (studio_id));
            "#,
        );
        let rooms = &tables["rooms"];
        assert_eq!(tables.len(), 1);
        assert_eq!(rooms.primary_key, ["company_id", "id"]);
        assert_eq!(rooms.unmapped, ["search", "position"]);
        let columns: Vec<_> = rooms.columns.iter().map(|column| (&*column.name, &*column.kind)).collect();
        assert_eq!(columns, [("company_id", "Uuid"), ("type", "Nullable<Varchar>")]);
    }
}
