//! Pages of a list (<https://docs.stripe.com/api/pagination>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::StripeError;

/// The parameters of the lists that are played.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListParams {
    pub limit: Option<i64>,
    pub starting_after: Option<String>,
    pub payment_intent: Option<String>,
    pub transfer_group: Option<String>,
    pub destination: Option<String>,
    pub expand: Vec<String>,
}

const DEFAULT_LIMIT: i64 = 10;

impl ListParams {
    pub fn limit(&self) -> Result<i64, StripeError> {
        limit(self.limit)
    }
}

/// How long a page is asked to be.
pub fn limit(wanted: Option<i64>) -> Result<i64, StripeError> {
    let limit = wanted.unwrap_or(DEFAULT_LIMIT);
    if (1..=100).contains(&limit) {
        return Ok(limit);
    }
    Err(StripeError::invalid("Limit must be between 1 and 100.").param("limit"))
}

/// One page, of rows read with one more than the limit.
pub fn page<R>(url: &str, rows: &[R], limit: i64, object: impl Fn(&R) -> Value) -> Value {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let data: Vec<Value> = rows.iter().take(limit).map(object).collect();
    json!({"object": "list", "data": data, "has_more": rows.len() > limit, "url": url})
}
