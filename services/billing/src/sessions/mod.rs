//! Payment sessions: the page at the provider on which one payment is made.
//!
//! A session is recorded with everything the provider will be asked, then opened, then given to the customer. A crash
//! in between leaves it `opening`: whoever comes first, the client with its key or the sweeper, makes the same call
//! again and gets the same session. Where the provider waits, after the customer has agreed, to be told to take the
//! money, the agreement is recorded and a job tells it. One that nobody should use any more is marked, and a job closes
//! it at the provider.
//!
//! A client that shows the provider's fields on its own page gets a secret to confirm with instead of a page. It is asked for
//! whenever it is answered, and kept nowhere.

pub mod approvals;
pub mod by_link;
pub mod charge_http;
mod charges;
pub mod commands;
mod create;
mod elements;
mod error;
pub mod http;
mod methods;
pub mod model;
mod payer;
pub mod store;

pub use error::SessionError;
pub use model::{Callbacks, Means, Session, SessionStage};
