//! The trail of security events: who did what to whom, when, from where, and whether it worked.
//!
//! An event is written in the transaction of what it tells, so that neither is there without the other; a refusal that
//! is worth telling commits for the sake of its event. The table refuses to change or forget a row. What it holds of a
//! person are ids, network address and user agent: never an email address, a name or a secret.

pub mod http;
mod model;
mod refusals;
mod store;

pub use model::{AuditEvent, AuditKind, Outcome};
pub use refusals::record_refusal;
pub use store::{Filter, list, record_in_tx};
