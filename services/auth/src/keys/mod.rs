//! The keys that sign every token: one *active*, one *next* that verifiers already know, and *retiring* ones whose
//! tokens are not over yet. Rotation moves each one step, so that no verifier ever meets a key it could not know.
//!
//! Private keys are sealed in the database (AES-256-GCM, bound to their `kid`) and open only in memory.

mod commands;
pub(crate) mod http;
mod keyring;
mod model;
mod sealing;
mod store;

pub use commands::{Rotated, delete_retired_keys, revoke_key, rotate_keys};
pub use keyring::{Keyring, Signer};
pub use model::{KeyError, PublicKey};
pub use sealing::Sealer;
