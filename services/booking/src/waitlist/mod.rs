//! The waitlist: who waits for a room, or any room of a studio, and is offered it when it becomes free.
//!
//! An offer is a hold like any other, made for the one whose turn it is: nobody else can have the slot while it lasts,
//! it ends by itself, and the constraint on occupancies decides, as always, so that no offer can lead to a double
//! booking. First come, first served: of those whom an opening fits the one who joined first is offered it; declined or
//! lapsed, it is an opening again, and the next one's turn.
//!
//! The database notices whatever frees a room (`notice_waitlist_opening`); the job offers. Somebody who books in the
//! second between has been faster.

pub mod commands;
mod error;
pub mod events;
pub mod http;
pub mod model;
pub mod store;

pub use error::WaitlistError;
