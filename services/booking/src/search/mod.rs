//! Finding studios: by words (full text, and trigrams for what is misspelt), city, distance, price, capacity, equipment,
//! badges, rating and free time.
//!
//! What is looked at are narrow rows that triggers write with whatever they are made of (the migration tells how); whether
//! a studio is open and a room is free is asked of the same tables as bookings are. A page costs what it shows, however
//! many studios there are: it is read off an index in its order, or from the few studios that a city, a place or the words
//! leave. `docs/guides/studios.md` explains the ranking.

pub mod commands;
mod facets;
pub mod http;
mod model;
mod query;
mod store;
pub mod text;
mod words;

pub use store::refresh_all;
