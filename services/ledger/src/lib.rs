//! The book of record: accounts, transfers, entries and balances.
//!
//! Money only moves by balanced, immutable transfers ([`transfers`]); what a business event moves stands in one table
//! ([`rules`]); where a booking's money is, in whatever order its events arrive, is kept by [`allocations`].

pub mod accounts;
mod actions;
mod adjustments;
pub mod allocations;
pub mod balances;
mod config;
mod consumers;
pub mod credits;
mod done;
mod exchanges;
mod exports;
mod hourly;
mod payouts;
mod periods;
mod personal_data;
pub mod reconciliation;
mod routes;
pub mod rules;
mod schema;
pub mod seals;
mod startup;
mod text;
pub mod transfers;
mod turnover;
mod verify;

use contracts::{
    auth::v1::CompanyCreated,
    billing::v1::{DisputeUpdated, FinancialActionTaken, PaymentSucceeded, RefundReturned, RefundSucceeded},
    booking::v1::{
        BookingCompleted, BookingDeskPaymentRecorded, BookingDeskRefundRecorded, BookingNoShow, BookingPaymentApplied,
    },
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use events::{Consumers, Delivery};
use service_kit::Service;
pub use startup::App;
pub use verify::{Finding, verify};

/// The service's own migrations.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Everything the ledger is: its routes, what it hears, and what it does by itself.
pub fn service() -> Service<App> {
    Service {
        name: "ledger",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers,
        jobs: || vec![transfers::expiry::job(), seals::job(), credits::job(), reconciliation::job(), payouts::job()],
        build: |context| Box::pin(startup::build(context)),
        ready: |app| Box::pin(startup::ready(app)),
    }
}

fn consumers() -> Consumers<App> {
    use crate::consumers::{
        booking_completed, booking_desk_payment_recorded, booking_desk_refund_recorded, booking_no_show,
        booking_payment_applied, company_created, dispute_updated, financial_action_taken, payment_succeeded,
        refund_returned, refund_succeeded,
    };
    Consumers::new()
        .on(|app: &App, conn, event: Delivery<CompanyCreated>| Box::pin(company_created::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<PaymentSucceeded>| Box::pin(payment_succeeded::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<BookingPaymentApplied>| {
            Box::pin(booking_payment_applied::handle(app, conn, event))
        })
        .on(|app: &App, conn, event: Delivery<RefundSucceeded>| Box::pin(refund_succeeded::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<RefundReturned>| Box::pin(refund_returned::handle(app, conn, event)))
        .on(|_: &App, conn, event: Delivery<FinancialActionTaken>| {
            Box::pin(financial_action_taken::handle(conn, event))
        })
        .on(|app: &App, conn, event: Delivery<DisputeUpdated>| Box::pin(dispute_updated::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<BookingCompleted>| Box::pin(booking_completed::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<BookingNoShow>| Box::pin(booking_no_show::handle(app, conn, event)))
        .on(|app: &App, conn, event: Delivery<BookingDeskPaymentRecorded>| {
            Box::pin(booking_desk_payment_recorded::handle(app, conn, event))
        })
        .on(|app: &App, conn, event: Delivery<BookingDeskRefundRecorded>| {
            Box::pin(booking_desk_refund_recorded::handle(app, conn, event))
        })
}
