//! Passwords: what is a good one, how it is replaced, and hashing that cannot be used to take the service down.
//!
//! argon2id costs 19 MiB and tens of milliseconds on purpose. So it runs on threads of its own, one per core, behind a
//! bounded queue; and what cannot be a password is refused before any of it. Whoever has forgotten theirs is mailed a
//! link; following it ends every session, because nobody knows who else had the old password.

mod commands;
mod error;
mod events;
mod hasher;
pub mod http;
mod model;

pub use commands::forgot_in_tx;
pub use error::PasswordChangeError;
pub use hasher::{PasswordError, PasswordHasher};
pub use model::{NewPassword, PasswordHash, PresentedPassword};
