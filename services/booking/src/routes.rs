//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    availability, bookings, calendars, companies, hours, parts, places, prices, quotes, rooms, search, studios,
};

pub fn routes(config: &mut ServiceConfig) {
    // Places
    config
        .service(places::http::create_country)
        .service(places::http::list_countries)
        .service(places::http::get_country)
        .service(places::http::list_cities)
        .service(places::http::create_city);
    // Studios: words before parameters.
    config
        .service(studios::http::create_studio)
        .service(studios::http::list_my_studios)
        .service(search::http::search_studios)
        .service(studios::http::get_studio)
        .service(hours::http::set_hours)
        .service(hours::http::get_hours)
        .service(rooms::http::list_rooms);
    // Rooms and prices
    config
        .service(rooms::http::create_room)
        .service(rooms::http::get_room)
        .service(rooms::http::update_room)
        .service(parts::http::get_parts)
        .service(parts::http::set_parts)
        .service(prices::http::set_prices)
        .service(prices::http::get_prices);
    // Availability and quotes
    config
        .service(availability::http::get_available_times)
        .service(availability::http::check_availability)
        .service(quotes::http::calculate_price);
    // Bookings
    config
        .service(bookings::http::create_booking)
        .service(bookings::http::list_mine)
        .service(bookings::http::list_history)
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
    // Calendars: words before parameters.
    config
        .service(calendars::http::create_feed)
        .service(calendars::http::list_feeds)
        .service(calendars::http::delete_feed)
        .service(calendars::http::show_feed)
        .service(calendars::http::create_import)
        .service(calendars::http::list_imports)
        .service(calendars::http::delete_import);
    // For other services
    config
        .service(bookings::http::get_booking_for_service)
        .service(bookings::http::export_bookings_of)
        .service(companies::http::count_upcoming_bookings);
}
