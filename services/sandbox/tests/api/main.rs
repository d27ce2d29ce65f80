//! The real sandbox in process, met by the platform's own clients.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod checkout;
mod clock;
mod connect;
mod contract;
mod debits;
mod disputes;
mod elements;
mod harness;
mod holds;
mod idempotency;
mod mailbox;
mod payments;
mod paypal;
mod paypal_payouts;
mod portal;
mod published;
mod refunds;
mod saved_methods;
mod sdk;
mod settlements;
mod square;
mod statements;
mod webhooks;
