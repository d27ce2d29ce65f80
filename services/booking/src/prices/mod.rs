//! What a room costs: the price list, and the one engine that quotes and charges by it.
//!
//! Rates are net. A minute costs the rate in force in it: the first rule of the list whose window it lies in, else the
//! base rate. What is billed is elapsed time, also over a change of the clocks. Every line is rounded half-up once.

pub mod commands;
pub mod engine;
mod error;
pub mod http;
pub mod joined;
pub mod model;
pub mod store;

pub use error::PriceError;
