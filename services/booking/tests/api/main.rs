//! The service as its clients meet it: the real application in process, a database of its own for each test, events
//! in and out.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has to fail loudly")]

mod attendance;
mod availability;
mod bad_input;
mod blackouts;
mod bookings;
mod bookings_guide;
mod calendars;
mod cancellation;
mod closed_companies;
mod companies;
mod deletion;
mod desk;
mod engineers;
mod equipment;
mod favorites;
mod guide;
mod guide_lifecycle;
mod hours;
mod indexes;
mod lists;
mod payments;
mod photos;
mod places;
mod predicted;
mod prices;
mod promotions;
mod quotes;
mod races;
mod reminders;
mod reschedule;
mod reviews;
mod rooms;
mod scene;
mod search;
mod search_filters;
mod series;
mod several_rooms;
mod stock;
mod studios;
mod waitlist;
