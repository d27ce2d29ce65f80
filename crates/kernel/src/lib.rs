//! The words every service speaks: typed ids, money, percentages and the clock.
//!
//! Nothing here does I/O. A value of one of these types is valid by construction, so the code that receives it
//! never checks it again.

pub mod clock;
pub mod ids;
pub mod money;
pub mod percent;

pub use clock::{Clock, SharedClock};
pub use ids::*;
pub use money::{Currency, Money, MoneyError};
pub use percent::Percent;
