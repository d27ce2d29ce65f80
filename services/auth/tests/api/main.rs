//! The real service over HTTP, one file per resource.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod accounts;
mod administration;
mod api_keys;
mod audit;
mod clean_up;
mod companies;
mod company_changes;
mod email_changes;
mod enumeration;
mod erasure;
mod exports;
mod internal;
mod invitations;
mod key_owners;
mod keys;
mod login;
mod login_races;
mod members;
mod mfa;
mod mfa_enrolment;
mod passkeys;
mod passwords;
mod photos;
mod preregistration;
mod refresh;
mod refusals;
mod registration;
mod secrets;
mod sessions;
mod support;
