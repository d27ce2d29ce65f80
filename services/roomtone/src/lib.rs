//! The `roomtone` command: all services in one process, and the operator's tools.

mod admin_command;
mod cli;
mod demo;
mod doctor;
mod events_command;
mod keys_command;
mod openapi;
pub mod platform;
mod search_command;
mod tokens_command;

pub use cli::run;
pub use demo::load as load_demo_data;
pub use doctor::{Finding, examine, retry_queues};
pub use platform::RunningPlatform;
