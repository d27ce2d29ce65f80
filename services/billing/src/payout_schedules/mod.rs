//! Paying companies without being asked: daily, weekly or monthly, by UTC, where enough has come together. A period is paid
//! for once, however often and wherever the job runs.

mod commands;
pub mod http;
mod model;
pub mod run;
mod store;
