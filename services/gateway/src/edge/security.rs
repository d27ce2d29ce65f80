//! Security headers (OWASP HTTP headers cheat sheet). A service's own `Cache-Control` and `Content-Security-Policy`
//! are left as they are.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use service_kit::Environment;

/// Two years (RFC 6797).
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
const NO_FRAMES: HeaderValue = HeaderValue::from_static("DENY");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Data is no page: nothing in it may run, whatever somebody wrote into a name.
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
);

pub struct Security {
    production: bool,
}

impl Security {
    pub fn new(environment: Environment) -> Self {
        Self { production: !environment.is_development() }
    }

    pub fn apply(&self, path: &str, answer: &mut HeaderMap) {
        answer.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
        answer.insert(header::X_FRAME_OPTIONS, NO_FRAMES);
        answer.insert(header::REFERRER_POLICY, NO_REFERRER);
        if self.production {
            answer.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        }
        let is_data = path.starts_with("/api/") || path.starts_with("/webhooks/");
        if is_data && !answer.contains_key(header::CACHE_CONTROL) {
            answer.insert(header::CACHE_CONTROL, NO_STORE);
        }
        if !answer.contains_key(header::CONTENT_SECURITY_POLICY) {
            let is_page = path.starts_with("/docs") || path.starts_with("/checkout/");
            answer.insert(header::CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { DATA_POLICY });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_own_caching_is_kept_and_personal_data_is_not_stored_otherwise() {
        let security = Security::new(Environment::Production);
        let mut own = HeaderMap::new();
        own.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        security.apply("/api/countries", &mut own);
        assert_eq!(own.get(header::CACHE_CONTROL).unwrap(), "max-age=60");
        let mut none = HeaderMap::new();
        security.apply("/api/auth/me", &mut none);
        assert_eq!(none.get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert!(none.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
