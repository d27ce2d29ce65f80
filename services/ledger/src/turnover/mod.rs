//! What moved on each day: the figures of the platform's dashboard, read from the book.

pub mod internal;
mod model;
mod store;
