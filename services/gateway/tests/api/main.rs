//! The gateway as its clients meet it, with everything behind it played by one server.

mod behind;
mod edge;
mod forged_headers;
mod identity;
mod streaming;
mod tokens;
mod unavailable;
