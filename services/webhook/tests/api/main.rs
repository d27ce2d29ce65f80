//! The webhook service in process, on a database of its own.

mod admin;
mod receive;
mod support;
