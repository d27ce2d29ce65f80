//! The hash chain: what was posted is sealed, and whatever is changed afterwards by whoever can switch the triggers off
//! is found by walking the chain.
//!
//! Sealing is a job of its own, so that it does not serialise those who post; what is not sealed yet is the tail, a
//! second or two long.

mod model;
mod seal;
mod store;
mod walk;

pub use seal::{Sealer, job};
pub use store::unsealed;
pub use walk::walk;
