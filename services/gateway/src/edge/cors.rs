//! Cross-origin requests (Fetch standard): exact origins, no wildcard, no credentials (tokens travel in
//! `Authorization`, never in cookies).

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};
use problem::Problem;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, x-request-id, traceparent");
const ANSWER_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-request-id, idempotent-replayed, location, retry-after, ratelimit, ratelimit-policy, content-disposition",
);
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

pub struct Cors {
    origins: Vec<HeaderValue>,
}

impl Cors {
    pub fn new(origins: &[String]) -> anyhow::Result<Self> {
        let origins = origins.iter().map(|origin| HeaderValue::from_str(origin)).collect::<Result<_, _>>()?;
        Ok(Self { origins })
    }

    /// `None` for an `OPTIONS` that is no preflight.
    pub fn preflight(&self, headers: &HeaderMap) -> Option<HttpResponse> {
        let origin = headers.get(header::ORIGIN)?;
        headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        if !self.allows(origin) {
            let refused = Problem::forbidden("origin_not_allowed", "Pages of this origin may not call the API.");
            return Some(actix_web::ResponseError::error_response(&refused));
        }
        let mut answer = HttpResponse::build(StatusCode::NO_CONTENT);
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS));
        answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        Some(answer.finish())
    }

    /// Lets a page of an allowed origin read the answer. No service behind us has a say in this.
    pub fn apply(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin.filter(|origin| self.allows(origin)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.contains(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(origin: &'static str) -> HeaderMap {
        let cors = Cors::new(&["https://app.example.com".to_owned()]).unwrap();
        let mut answer = HeaderMap::new();
        cors.apply(Some(&HeaderValue::from_static(origin)), &mut answer);
        answer
    }

    #[test]
    fn only_the_very_origin_may_read() {
        assert!(answer_to("https://app.example.com").contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        for origin in
            ["https://app.example.com.evil.example", "http://app.example.com", "null", "https://APP.example.com"]
        {
            let answer = answer_to(origin);
            assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{origin}");
            assert_eq!(answer.get(header::VARY).unwrap(), "Origin");
        }
    }

    #[test]
    fn a_preflight_of_a_stranger_is_refused() {
        let cors = Cors::new(&["https://app.example.com".to_owned()]).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://evil.example"));
        assert!(cors.preflight(&headers).is_none(), "an OPTIONS without a method asks nothing");
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        assert_eq!(cors.preflight(&headers).unwrap().status(), StatusCode::FORBIDDEN);
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://app.example.com"));
        assert_eq!(cors.preflight(&headers).unwrap().status(), StatusCode::NO_CONTENT);
    }
}
