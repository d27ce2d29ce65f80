//! Passwords: what is a good one, and hashing that cannot be used to take the service down.
//!
//! argon2id costs 19 MiB and tens of milliseconds on purpose. So it runs on threads of its own, one per core, behind a
//! bounded queue; and what cannot be a password is refused before any of it.

mod hasher;
mod model;

pub use hasher::{PasswordError, PasswordHasher};
pub use model::{NewPassword, PasswordHash, PresentedPassword};
