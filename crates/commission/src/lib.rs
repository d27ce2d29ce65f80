//! What the platform keeps of a payment: commission of the net price, and the VAT on it. Amounts are minor units of the payment's
//! currency; nothing here does I/O.
//!
//! Two services need the same number: the ledger, which splits what the platform has taken, and billing, which tells the
//! provider how much of a payment to keep when the payment settles with the company itself.

mod fee;
mod rate;
mod split;
mod vat;

pub use fee::ApplicationFee;
pub use rate::{RateError, rate};
pub use split::{Parts, Rates, Split, SplitError};
pub use vat::standard_rate;
