//! What customers say of studios and studios of their customers, after a completed booking.
//!
//! Each side writes without having read the other: both reviews are hidden until both are in, or until seven days after the
//! first. From then on nobody writes a second one, so that no review answers another. What the customer wrote stands on
//! the studio's page, with the company's reply, and in its rating; what the studio wrote is for the two of them. Anybody may
//! report a review they see; the platform hides it, restores it or leaves it, and says why.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod moderation;
pub mod store;

pub use error::ReviewError;
