//! Merges OpenAPI documents. A path belongs to the service that the route table gives it to; whatever else a service
//! documents (its internal routes) is left out. Schemas of one name and different content get their service's name
//! before theirs; the problems they share are the same for all.

use anyhow::Context;
use serde_json::{Map, Value, json};
use service_kit::Environment;

use super::answers;
use crate::routes::table;

type Object = Map<String, Value>;

pub fn merge(documents: &[(&str, &str)], public_url: &str) -> anyhow::Result<Value> {
    let (mut paths, mut schemas) = (Object::new(), Object::new());
    for (service, text) in documents {
        let mut document: Value = serde_json::from_str(text).with_context(|| format!("OpenAPI of {service}"))?;
        for (name, renamed) in clashes(service, &document, &schemas) {
            rename(&mut document, &name, &renamed);
        }
        schemas.extend(object(&document, "/components/schemas"));
        paths.extend(object(&document, "/paths").into_iter().filter(|(path, _)| is_public(service, path)));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Roomtone", "version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": service_kit::openapi::shared_problems(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    });
    answers::complete(&mut document);
    Ok(document)
}

fn object(document: &Value, pointer: &str) -> Object {
    document.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn is_public(service: &str, path: &str) -> bool {
    match table::find(path, Environment::Production) {
        Some(rule) => rule.service == service,
        None => service == "gateway",
    }
}

/// The schemas of a document whose names are taken by different ones, with new names.
fn clashes(service: &str, document: &Value, taken: &Object) -> Vec<(String, String)> {
    let ours = object(document, "/components/schemas");
    let differs = |name: &String, schema: &Value| taken.get(name).is_some_and(|other| other != schema);
    let clashing = ours.iter().filter(|(name, schema)| differs(name, schema));
    clashing.map(|(name, _)| (name.clone(), format!("{}{name}", capitalised(service)))).collect()
}

fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    word
}

fn rename(document: &mut Value, name: &str, renamed: &str) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    if let Some(schemas) = schemas
        && let Some(schema) = schemas.remove(name)
    {
        schemas.insert(renamed.to_owned(), schema);
    }
    let (old, new) = (format!("#/components/schemas/{name}"), format!("#/components/schemas/{renamed}"));
    redirect(document, &old, &new);
}

/// Lets every reference to `old` point to `new`: `$ref`s and the mappings of discriminators.
fn redirect(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text == old => new.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, old, new)),
        Value::Object(fields) => fields.values_mut().for_each(|field| redirect(field, old, new)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_one_name_and_two_meanings_are_told_apart() {
        let document = |kind: &str, path: &str| {
            json!({
                "paths": {path: {"get": {"schema": {"$ref": "#/components/schemas/Address"}}}},
                "components": {"schemas": {"Address": {"type": kind}, "Problem": {"type": "object"}}},
            })
            .to_string()
        };
        let (booking, billing) = (document("string", "/api/studios"), document("object", "/api/customers"));
        let merged = merge(&[("booking", &booking), ("billing", &billing)], "https://x").unwrap();
        let schemas = merged["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["Address", "BillingAddress", "Problem"]);
        let reference = &merged["paths"]["/api/customers"]["get"]["schema"]["$ref"];
        assert_eq!(reference, "#/components/schemas/BillingAddress");
        assert_eq!(merged["paths"]["/api/studios"]["get"]["schema"]["$ref"], "#/components/schemas/Address");
    }

    #[test]
    fn internal_routes_are_not_documented() {
        let document =
            json!({"paths": {"/internal/users/{id}": {}, "/api/auth/me": {}, "/api/rooms/{id}": {}}}).to_string();
        let merged = merge(&[("auth", &document), ("booking", "{}")], "https://x").unwrap();
        assert_eq!(merged["paths"].as_object().unwrap().keys().collect::<Vec<_>>(), ["/api/auth/me"]);
    }
}
