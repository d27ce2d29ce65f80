//! booking.

use serde_json::json;

use crate::{
    access::{call::Call, check::Case, identity::Owner, world::PNG},
    support::studio,
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    if let Some(found) = places(case) {
        return Some(found);
    }
    match studios(case).await {
        None => bookings(case).await,
        found => found,
    }
}

/// What belongs to studios and rooms; whatever a request uses up is made for it.
async fn studios(case: &Case<'_>) -> Option<Call> {
    let world = case.world;
    let (studio_id, room_id) = (world.scene.studio_id.as_str(), world.scene.room_id.as_str());
    let things = json!({"equipment": [{"name": "Grand piano"}]});
    Some(match case.row.operation {
        "PUT /api/studios/{studio_id}" => Call::at([studio_id]).with(json!({
            "name": "Kellerklang", "city_id": world.scene.city_id,
            "address": {"line1": "Dudenstraße 10", "postal_code": "10965"}, "latitude": 52.4846, "longitude": 13.3826,
        })),
        "DELETE /api/studios/{studio_id}" => Call::at([&world.studio().await]),
        "GET /api/studios/favorites" => Call::plain(),
        "POST /api/studios/{studio_id}/favorite" | "DELETE /api/studios/{studio_id}/favorite" => Call::at([studio_id]),
        "GET /api/studios/{studio_id}/available-times" => {
            let (starts_at, _) = world.slot().await;
            Call::at([studio_id]).and_query(format!("date={}&duration_minutes=60", &starts_at[..10]))
        }
        "DELETE /api/studios/{studio_id}/operating-hours" => Call::at([&world.studio().await]),
        "POST /api/studios/{studio_id}/blackouts" => {
            Call::at([&world.studio().await]).with(json!({"first_day": "2090-12-24"}))
        }
        "GET /api/studios/{studio_id}/blackouts"
        | "GET /api/studios/{studio_id}/badges"
        | "GET /api/studios/{studio_id}/equipment" => Call::at([studio_id]),
        "DELETE /api/studios/{studio_id}/blackouts/{blackout_id}" => {
            Call::at([studio_id, &world.blackout(studio_id).await])
        }
        "POST /api/studios/{studio_id}/badges" => Call::at([studio_id]).with(json!({"badge": "verified"})),
        "DELETE /api/studios/{studio_id}/badges/{badge}" => {
            let path = format!("/api/studios/{studio_id}/badges");
            world.post(&world.scene.admin, &path, json!({"badge": "verified"})).await;
            Call::at([studio_id, "verified"])
        }
        "POST /api/studios/{studio_id}/equipment" => Call::at([studio_id]).with(things),
        "DELETE /api/studios/{studio_id}/equipment/{key}" => {
            world.post(&world.scene.owner, &format!("/api/studios/{studio_id}/equipment"), things).await;
            Call::at([studio_id, "grand-piano"])
        }
        "GET /api/rooms/{room_id}/equipment" => Call::at([room_id]),
        "POST /api/rooms/{room_id}/equipment" => Call::at([room_id]).with(things),
        "DELETE /api/rooms/{room_id}/equipment/{key}" => {
            world.post(&world.scene.owner, &format!("/api/rooms/{room_id}/equipment"), things).await;
            Call::at([room_id, "grand-piano"])
        }
        "DELETE /api/rooms/{room_id}" => Call::at([&world.room().await]),
        "POST /api/rooms/{room_id}/photos" => Call::raw("image/png", PNG.to_vec()).to([&world.room().await]),
        "PUT /api/rooms/{room_id}/photos/order" => {
            let (room_id, photo_id) = world.room_photo().await;
            Call::at([&room_id]).with(json!({"photo_ids": [photo_id]}))
        }
        "GET /api/photos/{photo_id}/{edge}" => Call::at([&world.room_photo().await.1, "400"]),
        "DELETE /api/photos/{photo_id}" => Call::at([&world.room_photo().await.1]),
        _ => return None,
    })
}

fn places(case: &Case<'_>) -> Option<Call> {
    let (scene, things) = (&case.world.scene, &case.world.things);
    let (studio_id, room_id) = (scene.studio_id.as_str(), scene.room_id.as_str());
    Some(match case.row.operation {
        "GET /api/countries" | "GET /api/studios/my" => Call::plain(),
        "POST /api/countries" => Call::json(json!({"code": "FR", "name": "France", "currency": "EUR"})),
        "GET /api/countries/{country_id}" | "GET /api/countries/{country_id}/cities" => Call::at([&things.country_id]),
        "POST /api/cities" => Call::json(json!({
            "country_id": things.country_id, "name": "Hamburg", "time_zone": "Europe/Berlin",
            "latitude": 53.55, "longitude": 9.99,
        })),
        // Studios
        "POST /api/studios" => Call::json(json!({
            "company_id": scene.company_id, "name": "Dachboden", "city_id": scene.city_id,
            "address": {"line1": "Dudenstraße 12", "postal_code": "10965"}, "latitude": 52.4846, "longitude": 13.3826,
        })),
        "POST /api/studios/search" => Call::json(json!({"query": "Kellerklang"})),
        "GET /api/studios/{studio_id}"
        | "GET /api/studios/{studio_id}/operating-hours"
        | "GET /api/studios/{studio_id}/rooms" => Call::at([studio_id]),
        "POST /api/studios/{studio_id}/operating-hours" => {
            Call::at([studio_id]).with(json!({"hours": studio::hours()}))
        }
        // Rooms and prices
        "POST /api/rooms" => Call::json(studio::room(studio_id, "instant")),
        "GET /api/rooms/{room_id}" | "GET /api/rooms/{room_id}/prices" => Call::at([room_id]),
        "PUT /api/rooms/{room_id}" => {
            let mut settings = studio::room(studio_id, "instant");
            settings.as_object_mut()?.remove("studio_id");
            Call::at([room_id]).with(settings)
        }
        "POST /api/rooms/{room_id}/prices" => Call::at([room_id]).with(studio::prices()),
        _ => return None,
    })
}

async fn bookings(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let room_id = world.scene.room_id.as_str();
    let slot = async || {
        let (starts_at, ends_at) = world.slot().await;
        json!({"room_id": room_id, "starts_at": starts_at, "ends_at": ends_at})
    };
    Some(match case.row.operation {
        "GET /api/bookings/available-times" => {
            let (starts_at, _) = world.slot().await;
            Call::query(format!("room_id={room_id}&date={}&duration_minutes=60", &starts_at[..10]))
        }
        "POST /api/bookings/check-availability" | "POST /api/bookings/calculate-price" => Call::json(slot().await),
        "POST /api/bookings" => Call::json(slot().await).once(),
        "GET /api/bookings/my" | "GET /api/bookings/history" => Call::plain(),
        "POST /api/bookings/filter" if case.row.owner == Owner::Company => {
            Call::json(json!({"company_id": world.scene.company_id}))
        }
        "POST /api/bookings/filter" => Call::json(json!({})),
        "GET /api/bookings/{booking_id}" | "GET /api/bookings/{booking_id}/cancellation-quote" => {
            Call::at([&things.paid_booking_id])
        }
        "POST /api/bookings/{booking_id}/cancel" if case.is_let_in() => Call::at([&world.booking_in(room_id).await]),
        "POST /api/bookings/{booking_id}/cancel" => Call::at([&things.held_booking_id]),
        "POST /api/bookings/{booking_id}/confirm" | "POST /api/bookings/{booking_id}/decline" => {
            Call::at([&world.booking_in(&things.request_room_id).await])
        }
        _ => return None,
    })
}
