//! The gateway as its clients meet it, with everything behind it played by one server.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod behind;
mod edge;
mod forged_headers;
mod identity;
mod streaming;
mod tokens;
mod unavailable;
