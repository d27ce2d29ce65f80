//! Complete objects: every field Stripe's clients may expect is there, null where the sandbox has nothing to say.

mod charge;
mod intent;
mod refund;
mod session;

pub use charge::charge;
pub use intent::intent;
pub use refund::refund;
pub use session::session;
