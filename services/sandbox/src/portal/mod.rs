//! Stripe's customer portal: a page on which a person sees the cards that are saved under their customer, makes one the
//! default and gives others up. What they do there is told as an event, as Stripe tells it.

mod commands;
mod pages;
mod store;

pub use commands::{NewPortal, create_portal_in_tx};
pub use pages::{portal_page, submit_choice};
pub use store::PortalRow;
