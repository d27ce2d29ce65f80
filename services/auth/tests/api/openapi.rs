use service_kit::AnyService;

#[test]
fn the_api_is_as_documented() {
    let document = auth::service().document().to_pretty_json().unwrap();
    insta::assert_snapshot!("openapi", document);
}
