//! What is true of a parameter wherever it stands.

use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, path::Parameter, schema::Type};

use super::operations;
use crate::idempotency::MAX_KEY_LEN;

pub(super) fn complete(document: &mut OpenApi) {
    let parameters = operations(document).flat_map(|operation| operation.parameters.iter_mut().flatten());
    for parameter in parameters {
        if let RefOr::T(parameter) = parameter
            && parameter.name.eq_ignore_ascii_case("idempotency-key")
        {
            describe_idempotency_key(parameter);
        }
    }
}

/// As [`crate::IdempotencyKey`] reads it: header values are visible ASCII and lose the spaces around them.
fn describe_idempotency_key(parameter: &mut Parameter) {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]([ -~]*[!-~])?$"));
    parameter.schema = Some(text.min_length(Some(1)).max_length(Some(MAX_KEY_LEN)).into());
    parameter.description =
        Some("Any text of the client's own. The same key and the same body give the same answer.".to_owned());
}
