//! Finding studios: by words (full text, and trigrams for what is misspelt), city, distance, price, capacity and free
//! time. What full text and trigrams look at is written with the studio's row; whether a studio is open and a room is
//! free is asked of the same tables as bookings are.

pub mod commands;
pub mod http;
mod model;
mod query;
mod store;
pub mod text;
