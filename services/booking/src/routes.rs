//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    availability, badges, blackouts, bookings, companies, equipment, favorites, hours, photos, places, prices, quotes,
    rooms, search, studios,
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
    // When studios are open
    config
        .service(hours::http::set_hours)
        .service(hours::http::get_hours)
        .service(hours::http::remove_hours)
        .service(blackouts::http::create_blackout)
        .service(blackouts::http::list_blackouts)
        .service(blackouts::http::delete_blackout);
    // Rooms and prices
    config
        .service(rooms::http::list_rooms)
        .service(rooms::http::create_room)
        .service(rooms::http::get_room)
        .service(rooms::http::update_room)
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
    // Availability and quotes
    config
        .service(availability::http::get_available_times)
        .service(availability::http::list_available_times)
        .service(availability::http::check_availability)
        .service(quotes::http::calculate_price);
    // Bookings
    config
        .service(bookings::http::create_booking)
        .service(bookings::http::list_mine)
        .service(bookings::http::list_history)
        .service(bookings::http::filter_bookings)
        .service(bookings::http::get_booking)
        .service(bookings::http::confirm_booking)
        .service(bookings::http::decline_booking)
        .service(bookings::http::quote_cancellation)
        .service(bookings::http::cancel_booking);
    // For other services
    config
        .service(bookings::http::get_booking_for_service)
        .service(bookings::http::export_bookings_of)
        .service(companies::http::count_upcoming_bookings);
}
