//! Money that the platform has had converted: at its bank, or at a provider. An administrator records what the bank or
//! provider says; it moves between the platform's own accounts only.

mod commands;
mod error;
pub mod http;
