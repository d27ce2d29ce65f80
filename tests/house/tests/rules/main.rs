//! Tidy checks: each test is one rule, and its message says how to keep it.

mod dependencies;
mod schema;
mod sources;
