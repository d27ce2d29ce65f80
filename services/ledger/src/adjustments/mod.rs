//! Corrections by hand: an administrator proposes one with a reason, and another one approves or rejects it. Only then is
//! anything posted. A correction either takes an earlier transfer back or says what moves.

mod commands;
mod error;
pub mod http;
mod model;
mod store;

pub use model::AdjustmentLeg;
