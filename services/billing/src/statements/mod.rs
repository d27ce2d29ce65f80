//! What providers say has moved on the platform's balance there. It is handed over to the ledger, which compares it with
//! the book. The refunds and disputes behind it are taken in as their events would be, should those have been lost.

mod adopt;
mod hand_over;
mod pace;
mod store;

pub use hand_over::run;
pub use pace::Pace;
