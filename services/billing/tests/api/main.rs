//! Billing through its HTTP interface and its events, with a provider that does what a test tells it to.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

mod approvals;
mod authorizations;
mod cancellations;
mod closed_companies;
mod commission;
mod dashboard;
mod debits;
mod disputes;
mod elements;
mod links;
mod payment_methods;
mod payment_settings;
mod payments;
mod payout_accounts;
mod payout_receivers;
mod payout_schedules;
mod payouts;
mod paypal_payouts;
mod personal_data;
mod portal;
mod receipts;
mod refunds;
mod sessions;
mod settlement;
mod support;
mod sweeper;
mod transactions;
mod webhooks;
