//! Accounting periods: what is closed takes no more transfers, for good. See `transfers::Lateness` for what happens to
//! those who come late.

pub mod http;
mod store;
