//! Places, studios, rooms, prices, availability and bookings.
//!
//! Two people never have the same room at the same time: the database refuses it. What a quote says is what is
//! charged. Local times mean what a studio's clock shows, also on the days it is changed.

mod availability;
mod badges;
mod blackouts;
mod bookings;
mod calendars;
mod companies;
mod config;
mod consumers;
mod engineers;
mod equipment;
mod favorites;
mod hours;
mod interval;
mod jobs;
mod jsonb;
mod local_time;
mod parts;
mod personal_data;
mod photos;
mod places;
mod prices;
mod promotions;
mod quotes;
mod reviews;
mod rooms;
mod routes;
mod schema;
mod search;
mod series;
mod startup;
mod studios;
mod upcoming;
mod validation;
mod waitlist;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use events::Consumers;
use service_kit::{Job, Service, ready_with_database};

use crate::consumers::{
    company_created, company_deleted, company_updated, membership_changed, payment_succeeded, refund_returned,
    refund_succeeded, user_erased,
};
pub use crate::{search::refresh_all as refresh_search, startup::App};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

pub fn service() -> Service<App> {
    Service {
        name: "booking",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers,
        jobs,
        build: |context| Box::pin(async move { startup::build(context) }),
        ready: ready_with_database,
    }
}

/// What it hears.
fn consumers() -> Consumers<App> {
    Consumers::new()
        .on(|_: &App, conn, created| Box::pin(company_created::handle(conn, created)))
        .on(|_: &App, conn, updated| Box::pin(company_updated::handle(conn, updated)))
        .on(|_: &App, conn, deleted| Box::pin(company_deleted::handle(conn, deleted)))
        .on(|_: &App, conn, changed| Box::pin(membership_changed::handle(conn, changed)))
        .on(|_: &App, conn, erased| Box::pin(user_erased::handle(conn, erased)))
        .on(|app: &App, conn, succeeded| Box::pin(payment_succeeded::handle(app, conn, succeeded)))
        .on(|app: &App, conn, refunded| Box::pin(refund_succeeded::handle(app, conn, refunded)))
        .on(|app: &App, conn, returned| Box::pin(refund_returned::handle(app, conn, returned)))
}

/// What it does by itself.
fn jobs() -> Vec<Job<App>> {
    vec![
        jobs::expire_holds(),
        jobs::expire_requests(),
        jobs::complete_bookings(),
        jobs::reveal_reviews(),
        jobs::remind_of_payments(),
        jobs::import_calendars(),
        jobs::offer_waitlist(),
        jobs::cancel_left_behind(),
        jobs::expand_blackouts(),
        jobs::sweep_photos(),
    ]
}
