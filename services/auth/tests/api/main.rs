//! The real service over HTTP, one file per resource.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod accounts;
mod administration;
mod companies;
mod internal;
mod keys;
mod login;
mod refresh;
mod registration;
mod secrets;
mod sessions;
mod support;
