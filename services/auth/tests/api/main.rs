//! The real service over HTTP, one file per resource.

mod accounts;
mod administration;
mod companies;
mod internal;
mod keys;
mod login;
mod openapi;
mod refresh;
mod registration;
mod secrets;
mod sessions;
mod support;
