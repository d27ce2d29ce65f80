//! The real service over HTTP, one file per resource.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod accounts;
mod administration;
mod audit;
mod authenticator;
mod clean_up;
mod companies;
mod email_changes;
mod enumeration;
mod internal;
mod keys;
mod login;
mod mfa;
mod mfa_enrolment;
mod passkeys;
mod passwords;
mod refresh;
mod registration;
mod secrets;
mod sessions;
mod support;
