//! Bookings that lie ahead, as those see them who change the hours, the calendar or the existence of a studio or a room:
//! what a change leaves outside its rules, and what has to be cancelled with a place that goes.

pub mod commands;
pub mod http;
pub mod model;
pub mod store;
