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
