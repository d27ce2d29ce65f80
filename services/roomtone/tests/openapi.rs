//! The checked-in OpenAPI documents are those of the code.

use std::{fs, path::Path};

#[test]
fn openapi_documents_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi");
    for service in roomtone::platform::services() {
        let generated = serde_json::to_value(service.document()).unwrap();
        let file = folder.join(format!("{}.json", service.name()));
        let checked_in: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert!(generated == checked_in, "{} is out of date: run `just openapi`", file.display());
    }
}

/// A parameter whose type no body mentions is not among the components unless its handler says `inline(…)`.
#[test]
fn every_reference_of_a_document_leads_somewhere() {
    for service in roomtone::platform::services() {
        let document = serde_json::to_value(service.document()).unwrap();
        let mut references = Vec::new();
        collect_references(&document, &mut references);
        let broken: Vec<_> = references
            .iter()
            .filter(|reference| document.pointer(reference.trim_start_matches('#')).is_none())
            .collect();
        assert!(broken.is_empty(), "{}: {broken:?}", service.name());
    }
}

fn collect_references(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        serde_json::Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(|reference| reference.as_str()).map(str::to_owned));
            fields.values().for_each(|field| collect_references(field, found));
        }
        _ => {}
    }
}

/// Cards are typed in on the provider's page and nowhere else.
#[test]
fn nothing_we_take_or_answer_has_a_field_for_a_card() {
    let forbidden =
        ["card", "card_number", "number_of_card", "pan", "cvc", "cvv", "cvv2", "security_code", "track_data"];
    for service in roomtone::platform::services() {
        let document = serde_json::to_value(service.document()).unwrap();
        let mut names = Vec::new();
        collect_fields(&document, &mut names);
        let broken: Vec<_> = names.iter().filter(|name| forbidden.contains(&name.as_str())).collect();
        assert!(!names.is_empty() && broken.is_empty(), "{}: {broken:?}", service.name());
    }
}

/// The names of all properties and parameters.
fn collect_fields(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_fields(item, found)),
        serde_json::Value::Object(fields) => {
            let properties = fields.get("properties").and_then(|properties| properties.as_object());
            found.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
            if fields.contains_key("in") {
                found.extend(fields.get("name").and_then(|name| name.as_str()).map(str::to_owned));
            }
            fields.values().for_each(|field| collect_fields(field, found));
        }
        _ => {}
    }
}

/// What is none of our words or secrets is refused, however long it is.
const UNBOUNDED: [&str; 4] = ["token", "refresh_token", "api_key", "scopes"];

/// A client learns from the document how much it may send, and a fuzzer where to press.
#[test]
fn every_text_that_a_request_may_hold_has_a_bound() {
    for service in roomtone::platform::services() {
        let document = serde_json::to_value(service.document()).unwrap();
        let mut wanted = Vec::new();
        for operation in
            document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
        {
            collect_references(&operation["requestBody"], &mut wanted);
        }
        let mut seen = std::collections::BTreeSet::new();
        while let Some(reference) = wanted.pop() {
            if seen.insert(reference.clone()) {
                let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
                collect_references(schema, &mut wanted);
                assert_bounded(schema, &format!("{} {reference}", service.name()));
            }
        }
    }
}

fn assert_bounded(schema: &serde_json::Value, place: &str) {
    let is_text = match &schema["type"] {
        serde_json::Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        kind => kind == "string",
    };
    let bounds = ["maxLength", "format", "enum", "const", "pattern"];
    assert!(!is_text || bounds.iter().any(|bound| !schema[bound].is_null()), "{place} has no bound");
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if !UNBOUNDED.contains(&name.as_str()) {
            assert_bounded(property, &format!("{place}/{name}"));
        }
    }
    for inner in [&schema["items"], &schema["additionalProperties"]].into_iter().filter(|inner| inner.is_object()) {
        assert_bounded(inner, place);
    }
    for inner in ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema[word].as_array()).flatten() {
        assert_bounded(inner, place);
    }
}

/// Lists that have an end of their own, and what it is.
const SHORT_LISTS: [(&str, &str); 3] = [
    ("get /api/bookings/{booking_id}/reviews", "one of each side"),
    ("get /api/engineers/{engineer_id}/schedule", "a window of days"),
    ("get /api/rooms/{room_id}/calendars", "twenty a room"),
];

/// A list without an end is a request that takes longer every day.
#[test]
fn every_list_comes_in_pages() {
    let (mut pages, mut broken) = (0, Vec::new());
    for service in roomtone::platform::services() {
        let document = serde_json::to_value(service.document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
                let mut answered = Vec::new();
                collect_answered(&document, schema, &mut answered);
                let name = format!("{method} {path}");
                if !answered.iter().any(|field| field == "data") || SHORT_LISTS.iter().any(|(short, _)| *short == name)
                {
                    continue;
                }
                let asked: Vec<&str> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|p| p["name"].as_str())
                    .collect();
                let is_paged = answered.iter().any(|field| field == "next_cursor")
                    && ["limit", "cursor"].iter().all(|name| asked.contains(name));
                if is_paged { pages += 1 } else { broken.push(name) }
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(pages > 40, "only {pages} lists were found");
}

/// The names of the fields of an answer itself, wherever they are written down.
fn collect_answered(document: &serde_json::Value, schema: &serde_json::Value, found: &mut Vec<String>) {
    let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    if let Some(target) = reference.and_then(|place| document.pointer(place)) {
        collect_answered(document, target, found);
    }
    found.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_answered(document, part, found);
    }
}
