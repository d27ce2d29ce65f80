//! Limits in memory and in Redis: one suite for both, then what only Redis does.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod conformance;
mod sharing;
