//! A platform per test, people who use it, and the stories they share.

pub mod browser;
mod layout;
mod people;
mod processes;
pub mod studio;

pub use layout::{Layout, SERVICES_WITH_DATABASE, Snapshot, TestPlatform};
pub use people::{PASSWORD, Person, mailed_token};
pub use processes::Processes;
pub use studio::{Booking, Scene};
