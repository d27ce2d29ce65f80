//! The gateway as its clients meet it, with everything behind it played by one server.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod api_keys;
mod behind;
mod console;
mod edge;
mod forged_headers;
mod identity;
mod limits;
mod raw;
mod smuggling;
mod streaming;
mod tokens;
mod unavailable;
mod websocket;
