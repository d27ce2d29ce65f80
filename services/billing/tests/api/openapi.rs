use service_kit::AnyService;

#[test]
fn openapi_document_changes_only_on_purpose() {
    let document = serde_json::to_value(billing::service().document()).expect("a document");
    insta::assert_json_snapshot!("openapi", document, { ".info.version" => "[version]" });
}
