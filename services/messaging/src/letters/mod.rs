//! The words of every mail. A letter is plain data; one layout makes text and HTML of it, so the two always agree and
//! nothing a person typed is ever markup.

pub mod account;
pub mod booking;
pub mod company;
mod layout;
pub mod payment;
mod words;

pub use layout::Letter;

#[cfg(test)]
mod tests;
