//! A platform per test, people who use it, and the stories they share.

mod layout;
mod people;
mod processes;
pub mod studio;

pub use layout::{Layout, TestPlatform};
pub use people::{PASSWORD, Person};
pub use studio::{Booking, Scene};
