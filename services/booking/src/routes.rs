//! The whole route table, group by group.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    availability, badges, blackouts, bookings, calendars, companies, engineers, equipment, favorites, hours, parts,
    personal_data, photos, places, prices, promotions, quotes, reviews, rooms, search, series, studios, waitlist,
};

pub fn routes(config: &mut ServiceConfig) {
    places(config);
    studios(config);
    opening(config);
    rooms_and_prices(config);
    promotions(config);
    engineers(config);
    availability_and_quotes(config);
    // Before what has a booking's id in its path.
    series(config);
    waitlist(config);
    bookings(config);
    calendars(config);
    reviews(config);
    for_services(config);
}

fn places(config: &mut ServiceConfig) {
    config
        .service(places::http::create_country)
        .service(places::http::list_countries)
        .service(places::http::get_country)
        .service(places::http::list_cities)
        .service(places::http::create_city);
}

/// Words before parameters.
fn studios(config: &mut ServiceConfig) {
    config
        .service(studios::http::create_studio)
        .service(studios::http::list_my_studios)
        .service(favorites::http::list_favorites)
        .service(search::http::search_studios)
        .service(studios::http::get_studio)
        .service(studios::http::update_studio)
        .service(studios::http::delete_studio)
        .service(favorites::http::set_favorite)
        .service(favorites::http::clear_favorite)
        .service(equipment::http::set_studio_equipment)
        .service(equipment::http::get_studio_equipment)
        .service(equipment::http::remove_studio_equipment)
        .service(badges::http::grant_badge)
        .service(badges::http::list_badges)
        .service(badges::http::remove_badge);
}

/// When studios are open.
fn opening(config: &mut ServiceConfig) {
    config
        .service(hours::http::set_hours)
        .service(hours::http::get_hours)
        .service(hours::http::remove_hours)
        .service(blackouts::http::create_blackout)
        .service(blackouts::http::list_blackouts)
        .service(blackouts::http::delete_blackout);
}

fn rooms_and_prices(config: &mut ServiceConfig) {
    config
        .service(rooms::http::list_rooms)
        .service(rooms::http::create_room)
        .service(rooms::http::get_room)
        .service(rooms::http::update_room)
        .service(parts::http::get_parts)
        .service(parts::http::set_parts)
        .service(rooms::http::delete_room)
        .service(equipment::http::set_room_equipment)
        .service(equipment::http::get_room_equipment)
        .service(equipment::http::remove_room_equipment)
        .service(photos::http::upload_photo)
        .service(photos::http::reorder_photos)
        .service(photos::http::show_photo)
        .service(photos::http::delete_photo)
        .service(prices::http::set_prices)
        .service(prices::http::get_prices);
}

fn promotions(config: &mut ServiceConfig) {
    config
        .service(promotions::http::create_promotion)
        .service(promotions::http::list_promotions)
        .service(promotions::http::get_promotion)
        .service(promotions::http::update_promotion)
        .service(promotions::http::end_promotion);
}

fn engineers(config: &mut ServiceConfig) {
    config
        .service(engineers::http::create_engineer)
        .service(engineers::http::list_engineers)
        .service(engineers::http::get_engineer)
        .service(engineers::http::update_engineer)
        .service(engineers::http::get_schedule)
        .service(engineers::http::add_absence)
        .service(engineers::http::list_absences)
        .service(engineers::http::remove_absence);
}

fn availability_and_quotes(config: &mut ServiceConfig) {
    config
        .service(availability::http::get_available_times)
        .service(availability::http::list_available_times)
        .service(availability::http::check_availability)
        .service(quotes::http::calculate_price);
}

fn series(config: &mut ServiceConfig) {
    config
        .service(series::http::preview_series)
        .service(series::http::create_series)
        .service(series::http::list_series)
        .service(series::http::get_series)
        .service(series::http::cancel_series)
        .service(series::http::edit_series)
        .service(series::http::fill_series);
}

fn waitlist(config: &mut ServiceConfig) {
    config
        .service(waitlist::http::join_waitlist)
        .service(waitlist::http::list_waitlist)
        .service(waitlist::http::get_waitlist_entry)
        .service(waitlist::http::accept_offer)
        .service(waitlist::http::decline_offer)
        .service(waitlist::http::leave_waitlist);
}

fn bookings(config: &mut ServiceConfig) {
    config
        .service(bookings::http::create_booking)
        .service(bookings::http::list_mine)
        .service(bookings::http::list_history)
        .service(bookings::http::follow_link)
        .service(bookings::http::filter_bookings)
        .service(bookings::http::export_bookings)
        .service(bookings::http::get_booking)
        .service(bookings::http::confirm_booking)
        .service(bookings::http::decline_booking)
        .service(bookings::http::quote_cancellation)
        .service(bookings::http::cancel_booking)
        .service(bookings::http::quote_reschedule)
        .service(bookings::http::reschedule_booking)
        .service(bookings::http::create_link)
        .service(bookings::http::claim_booking)
        .service(bookings::http::record_desk_payment)
        .service(bookings::http::record_desk_refund)
        .service(bookings::http::check_in)
        .service(bookings::http::mark_no_show)
        .service(bookings::http::charge_overtime);
}

/// Words before parameters.
fn calendars(config: &mut ServiceConfig) {
    config
        .service(calendars::http::create_feed)
        .service(calendars::http::list_feeds)
        .service(calendars::http::delete_feed)
        .service(calendars::http::show_feed)
        .service(calendars::http::create_import)
        .service(calendars::http::list_imports)
        .service(calendars::http::delete_import);
}

/// Words before parameters.
fn reviews(config: &mut ServiceConfig) {
    config
        .service(reviews::http::create_review)
        .service(reviews::http::list_studio_reviews)
        .service(reviews::http::show_booking_reviews)
        .service(reviews::http::reply_to_review)
        .service(reviews::http::report_review)
        .service(reviews::http::list_review_reports)
        .service(reviews::http::show_review_for_admin)
        .service(reviews::http::decide_on_review);
}

/// The gateway never routes these.
fn for_services(config: &mut ServiceConfig) {
    config
        .service(bookings::http::get_booking_for_service)
        .service(bookings::http::get_booking_of_link)
        .service(bookings::http::mint_link)
        .service(personal_data::export_personal_data)
        .service(companies::http::count_upcoming_bookings);
}
