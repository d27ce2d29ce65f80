//! What messaging does by itself.

pub mod dispatch_mails;
