//! Messaging as a whole: events in, mails out.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod account_mails;
mod booking_mails;
mod dispatch;
mod erasure;
mod invitations;
mod mailbox;
mod payment_mails;
mod support;
mod verification;
