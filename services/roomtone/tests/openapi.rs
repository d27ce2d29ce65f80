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
