//! A carrier that holds nothing but `traceparent`.

use opentelemetry::propagation::{Extractor, Injector};

const HEADER: &str = "traceparent";

#[derive(Default)]
pub(crate) struct TraceParent(Option<String>);

impl TraceParent {
    pub(crate) fn into_value(self) -> Option<String> {
        self.0
    }
}

impl From<&str> for TraceParent {
    fn from(value: &str) -> Self {
        Self(Some(value.to_owned()))
    }
}

impl Injector for TraceParent {
    fn set(&mut self, key: &str, value: String) {
        if key.eq_ignore_ascii_case(HEADER) {
            self.0 = Some(value);
        }
    }
}

impl Extractor for TraceParent {
    fn get(&self, key: &str) -> Option<&str> {
        if key.eq_ignore_ascii_case(HEADER) { self.0.as_deref() } else { None }
    }

    fn keys(&self) -> Vec<&str> {
        vec![HEADER]
    }
}
