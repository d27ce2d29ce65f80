//! What the platform keeps of a payment: commission of the net price, and the VAT on it. Amounts are minor units of the payment's
//! currency; nothing here does I/O.
//!
//! Two services need the same number: the ledger, which splits what the platform has taken, and billing, which tells the
//! provider how much of a payment to keep when the payment settles with the company itself. Which rate counts for a company is
//! decided here too.

mod fee;
#[cfg(test)]
mod guide;
mod rate;
mod split;
mod terms;
mod vat;

pub use fee::ApplicationFee;
pub use rate::{Rate, RateError, rate};
pub use split::{Parts, Rates, Split, SplitError};
pub use terms::{Ground, InForce, Term, in_force};
pub use vat::standard_rate;
