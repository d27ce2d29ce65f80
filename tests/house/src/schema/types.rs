//! Names of types: PostgreSQL's to diesel's, and diesel's synonyms.

/// diesel's name of a type in PostgreSQL's catalog. What diesel does not know (an enum, citext) is named by its
/// parts in capitals, as diesel's own printer does.
pub fn from_postgres(name: &str) -> String {
    if let Some(element) = name.strip_prefix('_') {
        return format!("Array<{}>", from_postgres(element));
    }
    let builtin = match name {
        "int2" => "Int2",
        "int4" => "Int4",
        "int8" => "Int8",
        "float4" => "Float4",
        "float8" => "Float8",
        "varchar" => "Varchar",
        "bpchar" => "Bpchar",
        "timestamptz" => "Timestamptz",
        "tstzrange" => "Tstzrange",
        _ => return name.split('_').map(capitalise).collect(),
    };
    builtin.to_owned()
}

/// Whether two names mean the same type. Elements of arrays count as nullable or not alike: PostgreSQL cannot
/// say, and diesel's printer always assumes that they are.
pub fn same(left: &str, right: &str) -> bool {
    canonical(left) == canonical(right)
}

/// Whether the type needs a definition of its own beside `diesel::sql_types`.
pub fn is_builtin(name: &str) -> bool {
    let base = name.trim_start_matches("Nullable<").trim_start_matches("Array<").trim_end_matches('>');
    BUILTIN.contains(&base)
}

const BUILTIN: [&str; 28] = [
    "Bool",
    "Int2",
    "Int4",
    "Int8",
    "Float4",
    "Float8",
    "Numeric",
    "Text",
    "Varchar",
    "Bpchar",
    "Bytea",
    "Date",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Interval",
    "Uuid",
    "Json",
    "Jsonb",
    "Inet",
    "Cidr",
    "Citext",
    "Tstzrange",
    "Tsrange",
    "Daterange",
    "Int4range",
    "Int8range",
    "Numrange",
];

fn canonical(name: &str) -> String {
    let name: String = name.split(|c: char| c.is_whitespace()).collect();
    let (head, argument) = match name.split_once('<') {
        Some((head, rest)) => (head, rest.strip_suffix('>')),
        None => (name.as_str(), None),
    };
    let head = head.rsplit("::").next().unwrap_or(head).to_lowercase();
    match (head.as_str(), argument.map(canonical)) {
        ("array", Some(element)) => format!("array<{}>", element.trim_start_matches('?')),
        ("nullable", Some(inner)) => format!("?{inner}"),
        ("range", Some(bound)) => range(&bound).to_owned(),
        (other, Some(inner)) => format!("{other}<{inner}>"),
        (other, None) => synonym(other).to_owned(),
    }
}

fn synonym(name: &str) -> &str {
    match name {
        "smallint" => "int2",
        "integer" => "int4",
        "bigint" => "int8",
        "float" => "float4",
        "double" => "float8",
        "decimal" => "numeric",
        "binary" => "bytea",
        "varchar" | "bpchar" | "char" => "text",
        other => other,
    }
}

fn range(bound: &str) -> &str {
    match bound {
        "timestamptz" => "tstzrange",
        "timestamp" => "tsrange",
        "date" => "daterange",
        "int4" => "int4range",
        "int8" => "int8range",
        "numeric" => "numrange",
        other => other,
    }
}

fn capitalise(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{from_postgres, same};

    #[test]
    fn synonyms_and_spellings_are_the_same_type() {
        for (left, right) in [
            ("Int4", "Integer"),
            ("Nullable<Varchar>", "Nullable < Text >"),
            ("Array<Text>", "Array<Nullable<Text>>"),
            ("Tstzrange", "Range<Timestamptz>"),
            ("Tstzrange", "diesel::sql_types::Range<diesel::sql_types::Timestamptz>"),
            ("Nullable<Array<Int8>>", "Nullable<Array<BigInt>>"),
        ] {
            assert!(same(left, right), "{left} and {right}");
        }
    }

    #[test]
    fn nullability_and_width_make_a_difference() {
        for (left, right) in [("Text", "Nullable<Text>"), ("Int4", "Int8"), ("Timestamp", "Timestamptz")] {
            assert!(!same(left, right), "{left} and {right}");
        }
    }

    #[test]
    fn postgres_names_become_diesel_names() {
        for (postgres, diesel) in [("int8", "Int8"), ("_text", "Array<Text>"), ("booking_status", "BookingStatus")] {
            assert_eq!(from_postgres(postgres), diesel);
        }
    }
}
