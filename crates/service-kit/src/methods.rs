//! Which methods a service has for its paths: a wrong one is 405 and told the right ones (RFC 9110 section 15.5.6).
//!
//! Routes are guarded by method one by one, so the router itself does not tell an unknown path from a known path with
//! another method. The OpenAPI document knows every path.

use std::collections::HashMap;

use actix_web::{HttpRequest, dev::ResourceDef, http::Method};
use problem::Problem;
use utoipa::openapi::{PathItem, Paths};

/// The paths of a service with their methods.
pub(crate) struct Methods {
    /// Without a parameter.
    words: HashMap<String, Vec<Method>>,
    patterns: Vec<(ResourceDef, Vec<Method>)>,
}

impl Methods {
    /// Those of the document, and `own` beside them: what no document lists.
    pub(crate) fn new<'p>(paths: &'p Paths, own: impl IntoIterator<Item = (&'p str, Vec<Method>)>) -> Self {
        let documented = paths.paths.iter().map(|(path, item)| (path.as_str(), methods(item)));
        let own = own.into_iter().map(|(path, methods)| (path, with_head(methods)));
        let (patterns, words): (Vec<_>, Vec<_>) = documented.chain(own).partition(|(path, _)| path.contains('{'));
        Self {
            words: words.into_iter().map(|(path, methods)| (path.to_owned(), methods)).collect(),
            patterns: patterns.into_iter().map(|(path, methods)| (ResourceDef::new(path), methods)).collect(),
        }
    }

    /// What is wrong with a method on a path without a parameter, also where a pattern would take the path.
    fn refuse_word(&self, path: &str, method: &Method) -> Option<Problem> {
        let allowed = self.words.get(path).filter(|allowed| !allowed.contains(method))?;
        Some(Problem::method_not_allowed(allowed))
    }

    /// What is wrong with a request that no route has taken.
    pub(crate) fn refuse(&self, request: &HttpRequest) -> Problem {
        // As the router reads it, so that the two agree on what a path is.
        let path = request.match_info().as_str();
        if let Some(problem) = self.refuse_word(path, request.method()) {
            return problem;
        }
        let mut allowed: Vec<Method> = Vec::new();
        let matching = self.patterns.iter().filter(|(pattern, _)| pattern.is_match(path));
        for method in matching.flat_map(|(_, methods)| methods) {
            if !allowed.contains(method) {
                allowed.push(method.clone());
            }
        }
        if allowed.is_empty() { Problem::not_found() } else { Problem::method_not_allowed(&allowed) }
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let operations = [
        (&item.get, Method::GET),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.delete, Method::DELETE),
        (&item.patch, Method::PATCH),
        (&item.options, Method::OPTIONS),
    ];
    with_head(operations.into_iter().filter(|(operation, _)| operation.is_some()).map(|(_, method)| method).collect())
}

/// Whoever may GET may ask with HEAD what the answer would be: see `requests::around`.
fn with_head(mut methods: Vec<Method>) -> Vec<Method> {
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods
}

#[cfg(test)]
mod tests {
    use actix_web::{ResponseError, test::TestRequest};
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};

    use super::*;

    fn refusal(method: Method, path: &str) -> (u16, Option<String>) {
        let item = |methods: Vec<HttpMethod>| {
            methods.into_iter().fold(PathItem::default(), |mut item, method| {
                item.merge_operations(PathItem::new(method, OperationBuilder::new().build()));
                item
            })
        };
        let paths = PathsBuilder::new()
            .path("/api/rooms", item(vec![HttpMethod::Post]))
            .path("/api/rooms/{id}", item(vec![HttpMethod::Get, HttpMethod::Put]))
            .path("/api/rooms/mine", item(vec![HttpMethod::Delete]))
            .build();
        let methods = Methods::new(&paths, [("/metrics", vec![Method::GET])]);
        let answer = methods.refuse(&TestRequest::with_uri(path).method(method).to_http_request()).error_response();
        let allow = answer.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), allow)
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones_and_a_wrong_path_is_not_there() {
        let allowed = |methods: &str| (405, Some(methods.to_owned()));
        assert_eq!(refusal(Method::GET, "/api/rooms"), allowed("POST"));
        assert_eq!(refusal(Method::DELETE, "/api/rooms/rom_1"), allowed("GET, PUT, HEAD"));
        assert_eq!(refusal(Method::GET, "/api/rooms/mine"), allowed("DELETE"), "a word is no id");
        assert_eq!(refusal(Method::POST, "/metrics"), allowed("GET, HEAD"));
        assert_eq!(refusal(Method::GET, "/api/roomservice"), (404, None));
        assert_eq!(refusal(Method::GET, "/api/rooms/rom_1/x"), (404, None));
    }
}
