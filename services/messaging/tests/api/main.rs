//! Messaging as a whole: events in, mails out.

mod booking_mails;
mod dispatch;
mod mailbox;
mod payment_mails;
mod support;
mod verification;
