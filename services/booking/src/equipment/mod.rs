//! What stands in a studio for all its rooms, and what stands in one room. A thing is named freely; its key is the name
//! folded, so that search finds `Grand Piano` and `grand-piano` alike. A list never has a key twice.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod store;

pub use error::EquipmentError;
