//! Every mail the platform sent, for people and tests to read. One row per mail id: a repeat changes nothing.

mod http;
mod links;
mod store;

pub use http::{list_mails, receive_mail};
