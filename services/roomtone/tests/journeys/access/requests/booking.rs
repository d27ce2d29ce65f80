//! booking.

use serde_json::json;

use super::reviews;
use crate::{
    access::{call::Call, check::Case, identity::Owner, things, world::PNG},
    support::studio,
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    if case.row.operation.contains("/reviews") {
        return reviews::call(case).await;
    }
    if let Some(found) = places(case).or_else(|| promotions(case)) {
        return Some(found);
    }
    if let Some(found) = studios(case).await {
        return Some(found);
    }
    match engineers(case).await.or(waitlist(case).await).or(calendars(case).await) {
        None => match series(case).await {
            None => bookings(case).await,
            found => found,
        },
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
            // Of its own: what is asked at the same time sets the equipment of the others' studio anew.
            let studio_id = world.studio().await;
            world.post(&world.scene.owner, &format!("/api/studios/{studio_id}/equipment"), things).await;
            Call::at([&studio_id, "grand-piano"])
        }
        "GET /api/rooms/{room_id}/equipment" => Call::at([room_id]),
        "POST /api/rooms/{room_id}/equipment" => Call::at([room_id]).with(things),
        "DELETE /api/rooms/{room_id}/equipment/{key}" => {
            let room_id = world.room().await;
            world.post(&world.scene.owner, &format!("/api/rooms/{room_id}/equipment"), things).await;
            Call::at([&room_id, "grand-piano"])
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

fn promotions(case: &Case<'_>) -> Option<Call> {
    let (scene, things) = (&case.world.scene, &case.world.things);
    let content = json!({"currency": "EUR", "percent": "10"});
    Some(match case.row.operation {
        "GET /api/promotions" => Call::query(format!("company_id={}", scene.company_id)),
        "POST /api/promotions" => {
            // Codes differ: somebody else may have been here before.
            let code = kernel::new_uuid().simple().to_string();
            Call::json(json!({"company_id": scene.company_id, "code": code, "currency": "EUR", "percent": "10"}))
        }
        "GET /api/promotions/{promotion_id}" | "DELETE /api/promotions/{promotion_id}" => {
            Call::at([&things.promotion_id])
        }
        "PUT /api/promotions/{promotion_id}" => Call::at([&things.promotion_id]).with(content),
        _ => return None,
    })
}

async fn engineers(case: &Case<'_>) -> Option<Call> {
    let (scene, things) = (&case.world.scene, &case.world.things);
    let engineer_id = things.engineer_id.as_str();
    Some(match case.row.operation {
        "GET /api/engineers" => Call::query(format!("company_id={}", scene.company_id)),
        "POST /api/engineers" => Call::json(json!({"company_id": scene.company_id, "name": "Ada"})),
        "GET /api/engineers/{engineer_id}"
        | "GET /api/engineers/{engineer_id}/schedule"
        | "GET /api/engineers/{engineer_id}/absences" => Call::at([engineer_id]),
        "PUT /api/engineers/{engineer_id}" => Call::at([engineer_id]).with(json!({"name": "Ada L."})),
        "POST /api/engineers/{engineer_id}/absences" => {
            let (starts_at, ends_at) = case.world.slot().await;
            Call::at([engineer_id]).with(json!({"starts_at": starts_at, "ends_at": ends_at}))
        }
        "DELETE /api/engineers/{engineer_id}/absences/{absence_id}" => {
            let absence_id = case.world.absence_of(engineer_id).await;
            Call::at([engineer_id, &absence_id])
        }
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
        "GET /api/rooms/{room_id}" | "GET /api/rooms/{room_id}/parts" | "GET /api/rooms/{room_id}/prices" => {
            Call::at([room_id])
        }
        "PUT /api/rooms/{room_id}" => {
            let mut settings = studio::room(studio_id, "instant");
            settings.as_object_mut()?.remove("studio_id");
            Call::at([room_id]).with(settings)
        }
        "PUT /api/rooms/{room_id}/parts" => Call::at([room_id]).with(json!({"whole_studio": false})),
        "POST /api/rooms/{room_id}/prices" => Call::at([room_id]).with(studio::prices()),
        _ => return None,
    })
}

async fn calendars(case: &Case<'_>) -> Option<Call> {
    let world = case.world;
    let room_id = world.scene.room_id.as_str();
    Some(match case.row.operation {
        "POST /api/calendar/feeds" if case.row.owner == Owner::Company => Call::json(json!({"room_id": room_id})),
        "POST /api/calendar/feeds" => Call::json(json!({})),
        "GET /api/calendar/feeds" => Call::plain(),
        "DELETE /api/calendar/feeds/{calendar_id}" => Call::at([&world.calendar_feed().await.0]),
        "GET /api/calendar/{token}.ics" => Call::at([&world.calendar_feed().await.1]),
        "GET /api/rooms/{room_id}/calendars" => Call::at([room_id]),
        "POST /api/rooms/{room_id}/calendars" => Call::at([room_id]).with(things::calendar()),
        "DELETE /api/rooms/{room_id}/calendars/{calendar_id}" => Call::at([room_id, &world.calendar_import().await]),
        _ => return None,
    })
}

async fn series(case: &Case<'_>) -> Option<Call> {
    let (world, company_id) = (case.world, &case.world.scene.company_id);
    Some(match case.row.operation {
        "GET /api/bookings/series" if case.row.owner == Owner::Company => {
            Call::query(format!("company_id={company_id}"))
        }
        "GET /api/bookings/series" => Call::plain(),
        "POST /api/bookings/series" => Call::json(world.series_body().await).once(),
        "POST /api/bookings/series/preview" => Call::json(world.series_body().await),
        "GET /api/bookings/series/{series_id}" => Call::at([&world.things.series_id]),
        "POST /api/bookings/series/{series_id}/cancel" => {
            Call::at([&series_for(case).await]).with(json!({"scope": "all"}))
        }
        "POST /api/bookings/series/{series_id}/edit" => {
            Call::at([&series_for(case).await]).with(json!({"scope": "all", "starts": "16:00"}))
        }
        "POST /api/bookings/series/{series_id}/fill" => Call::at([&series_for(case).await]).once(),
        _ => return None,
    })
}

/// A new one for whoever is let in: it is used up.
async fn series_for(case: &Case<'_>) -> String {
    if case.is_let_in() { case.world.series().await } else { case.world.things.series_id.clone() }
}

async fn waitlist(case: &Case<'_>) -> Option<Call> {
    let (world, company_id) = (case.world, &case.world.scene.company_id);
    Some(match case.row.operation {
        "GET /api/bookings/waitlist" if case.row.owner == Owner::Company => {
            Call::query(format!("company_id={company_id}"))
        }
        "GET /api/bookings/waitlist" => Call::plain(),
        "POST /api/bookings/waitlist" => Call::json(world.wish().await),
        "GET /api/bookings/waitlist/{entry_id}" => Call::at([&world.things.waiting_id]),
        "DELETE /api/bookings/waitlist/{entry_id}" if case.is_let_in() => Call::at([&world.waiting().await]),
        "DELETE /api/bookings/waitlist/{entry_id}" => Call::at([&world.things.waiting_id]),
        "POST /api/bookings/waitlist/{entry_id}/accept" | "POST /api/bookings/waitlist/{entry_id}/decline" => {
            let is_let_in = case.is_let_in();
            Call::at([&if is_let_in { world.offered().await } else { world.things.waiting_id.clone() }])
        }
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
        "POST /api/bookings/filter" | "POST /api/bookings/export" if case.row.owner == Owner::Company => {
            Call::json(json!({"company_id": world.scene.company_id}))
        }
        "POST /api/bookings/filter" | "POST /api/bookings/export" => Call::json(json!({})),
        "GET /api/bookings/{booking_id}" | "GET /api/bookings/{booking_id}/cancellation-quote" => {
            Call::at([&things.paid_booking_id])
        }
        "POST /api/bookings/{booking_id}/cancel" if case.is_let_in() => Call::at([&world.booking_in(room_id).await]),
        "POST /api/bookings/{booking_id}/cancel" => Call::at([&things.held_booking_id]),
        "POST /api/bookings/{booking_id}/reschedule" | "POST /api/bookings/{booking_id}/reschedule-quote" => {
            let booking_id =
                if case.is_let_in() { world.booking_in(room_id).await } else { things.held_booking_id.clone() };
            let (starts_at, ends_at) = world.slot().await;
            Call::at([&booking_id]).with(json!({"starts_at": starts_at, "ends_at": ends_at}))
        }
        "POST /api/bookings/{booking_id}/check-in" | "POST /api/bookings/{booking_id}/no-show" => {
            Call::at([&world.running_booking(case.is_let_in()).await])
        }
        "POST /api/bookings/{booking_id}/links" => Call::at([&things.held_booking_id]),
        "GET /api/bookings/links/{token}" | "POST /api/bookings/links/{token}" => {
            Call::at([&world.booking_link().await])
        }
        "POST /api/bookings/{booking_id}/overtime" => {
            Call::at([&world.running_booking(case.is_let_in()).await]).with(json!({"minutes": 30})).once()
        }
        "POST /api/bookings/{booking_id}/record-payment" => {
            Call::at([&world.booking_in(room_id).await]).with(json!({"method": "cash", "amount": 1})).once()
        }
        "POST /api/bookings/{booking_id}/record-refund" => {
            let booking_id = world.running_booking(case.is_let_in()).await;
            if case.is_let_in() {
                let path = format!("/api/bookings/{booking_id}/cancel");
                world.scene.owner.post(&world.platform, &path).send().await.expect(200);
            }
            Call::at([&booking_id]).with(json!({"method": "cash", "amount": 1})).once()
        }
        "POST /api/bookings/{booking_id}/confirm" | "POST /api/bookings/{booking_id}/decline" => {
            Call::at([&world.booking_in(&things.request_room_id).await])
        }
        _ => return None,
    })
}
