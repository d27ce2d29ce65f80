//! How the events of one cause are to arrive: as they should, or as they sometimes do.

use jiff::SignedDuration;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Each event once, at once and in order, unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPlan {
    copies: u32,
    delay_ms: u32,
    shuffle: bool,
    drop: bool,
}

/// The `webhooks` of a request, before it is checked.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// How often each event arrives: 1 to 100.
    #[serde(default = "one")]
    pub copies: u32,
    /// How long after the cause, in real time: up to an hour.
    #[serde(default)]
    pub delay_ms: u32,
    /// In any order.
    #[serde(default)]
    pub shuffle: bool,
    /// Never; the platform has to ask.
    #[serde(default)]
    pub drop: bool,
}

fn one() -> u32 {
    1
}

const MOST_COPIES: u32 = 100;
const LONGEST_DELAY_MS: u32 = 3_600_000;

/// Shuffled events arrive within this span, wide enough that their order is seldom the one of their causes.
const SHUFFLE_MS: u32 = 400;

impl Default for WebhookPlan {
    fn default() -> Self {
        Self { copies: 1, delay_ms: 0, shuffle: false, drop: false }
    }
}

impl PlanRequest {
    /// The field that is out of bounds, and the bounds.
    pub fn checked(&self) -> Result<WebhookPlan, (&'static str, String)> {
        if !(1..=MOST_COPIES).contains(&self.copies) {
            return Err(("copies", format!("expected 1 to {MOST_COPIES}")));
        }
        if self.delay_ms > LONGEST_DELAY_MS {
            return Err(("delay_ms", format!("expected at most {LONGEST_DELAY_MS}")));
        }
        Ok(WebhookPlan { copies: self.copies, delay_ms: self.delay_ms, shuffle: self.shuffle, drop: self.drop })
    }
}

impl WebhookPlan {
    /// For a later step of the same session.
    pub fn to_stored(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    pub fn of_stored(stored: Option<&Value>) -> Self {
        stored.and_then(|plan| Self::deserialize(plan).ok()).unwrap_or_default()
    }

    /// When the event at `position` arrives, counted from its cause: once for each copy.
    pub fn arrivals(&self, position: i64) -> Vec<SignedDuration> {
        let copies = if self.drop { 0 } else { self.copies };
        (0..copies).map(|_| SignedDuration::from_millis(i64::from(self.delay_ms) + self.order_ms(position))).collect()
    }

    fn order_ms(&self, position: i64) -> i64 {
        if self.shuffle { i64::from(rand::rng().random_range(0..SHUFFLE_MS)) } else { position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: serde_json::Value) -> PlanRequest {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn nothing_said_is_once_in_order() {
        let plan = request(serde_json::json!({})).checked().unwrap();
        assert_eq!(plan, WebhookPlan::default());
        assert_eq!(plan.arrivals(2), [SignedDuration::from_millis(2)]);
    }

    #[test]
    fn copies_and_drops_are_counted() {
        let plan = request(serde_json::json!({"copies": 20, "delay_ms": 50})).checked().unwrap();
        assert_eq!(plan.arrivals(0).len(), 20);
        assert!(plan.arrivals(0).iter().all(|arrival| arrival.as_millis() == 50));
        assert!(request(serde_json::json!({"drop": true})).checked().unwrap().arrivals(0).is_empty());
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(request(serde_json::json!({"copies": 0})).checked().unwrap_err().0, "copies");
        assert_eq!(request(serde_json::json!({"delay_ms": 3_600_001})).checked().unwrap_err().0, "delay_ms");
    }
}
