use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::json;
use testkit::{CallerToken, TestService};

use crate::scene::{Scene, id};

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    relname: String,
}

/// Answers of the shared crates' tables are theirs to test.
const WHOLE_TABLES: &str = "SELECT relname::text FROM pg_stat_user_tables WHERE seq_scan > 0
    AND relname !~ '^(outbox|inbox|parked|delivery|idempotency|__diesel)' ORDER BY 1";

const NO_SEQUENTIAL_SCANS: &str = "DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database());
    PERFORM pg_stat_reset(); END $$";

/// With sequential scans switched off the planner uses one only where there is no index for a query at all.
#[tokio::test]
async fn no_query_reads_a_whole_table() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let day = "2027-03-10T10:00:00Z";
    let booking = scene.book(&customer, day, 60).await.expect(201);
    let asked = scene.booking(day, 60);
    let Scene { service: first, owner, company_id, studio_id, room_id, city_id, .. } = scene;
    let (db, database) = (first.db.clone(), first.database());
    first.stop().await;
    diesel::sql_query(NO_SEQUENTIAL_SCANS).execute(&mut *db.conn().await.unwrap()).await.unwrap();

    let service = TestService::builder(booking::service()).on_database(database.clone()).start().await;
    let (owner, customer) = (service.token(&owner), service.token(&customer));
    for path in [
        "/api/countries".to_owned(),
        format!("/api/studios/{studio_id}"),
        "/api/studios/klangraum-mitte".to_owned(),
        "/api/studios/my".to_owned(),
        format!("/api/studios/{studio_id}/rooms"),
        format!("/api/studios/{studio_id}/blackouts"),
        format!("/api/studios/{studio_id}/badges"),
        format!("/api/studios/{studio_id}/equipment"),
        format!("/api/studios/{studio_id}/operating-hours"),
        format!("/api/studios/{studio_id}/available-times?date=2027-03-10&duration_minutes=60"),
        format!("/api/studios/{studio_id}/reviews"),
        format!("/api/bookings/{}/reviews", id(&booking)),
        "/api/studios/favorites".to_owned(),
        format!("/api/rooms/{room_id}/equipment"),
        format!("/api/rooms/{room_id}"),
        format!("/api/bookings/available-times?room_id={room_id}&date=2027-03-10&duration_minutes=60"),
        format!("/api/bookings/{}", id(&booking)),
        "/api/bookings/my".to_owned(),
        "/api/bookings/history".to_owned(),
        "/api/bookings/series".to_owned(),
        "/api/bookings/waitlist".to_owned(),
        "/api/calendar/feeds".to_owned(),
    ] {
        for token in [&owner, &customer] {
            let answer = service.get(&path).bearer(token).send().await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
    }
    for path in ["promotions", "engineers", "bookings/series", "bookings/waitlist"] {
        let path = format!("/api/{path}?company_id={company_id}");
        service.get(&path).bearer(&owner).send().await.expect(200);
    }
    let free = json!({"starts_at": day, "ends_at": "2027-03-10T12:00:00Z"});
    for (path, body) in [
        ("/api/bookings/filter", json!({"company_id": company_id, "status": ["held"]})),
        ("/api/bookings/filter", json!({"from": day})),
        ("/api/bookings/check-availability", asked.clone()),
        ("/api/bookings/calculate-price", asked),
        ("/api/studios/search", json!({})),
        ("/api/studios/search", json!({"query": "klangraum"})),
        ("/api/studios/search", json!({"query": "klangruam"})),
        ("/api/studios/search", json!({"sort": "newest"})),
        ("/api/studios/search", json!({"sort": "rating", "min_rating": "0"})),
        ("/api/studios/search", json!({"sort": "price", "equipment": ["piano"], "badges": ["verified"]})),
        ("/api/studios/search", json!({"sort": "price"})),
        ("/api/studios/search", json!({"near": {"latitude": 52.5, "longitude": 13.4, "radius_km": 5000.0}})),
        ("/api/studios/search", json!({"city_id": city_id, "max_hourly_rate": 5000, "min_capacity": 1})),
        ("/api/studios/search", json!({"near": {"latitude": 52.5, "longitude": 13.4, "radius_km": 50.0}})),
        ("/api/studios/search", json!({"free": free, "city_id": city_id})),
    ] {
        service.post(path).bearer(&owner).json(body).send().await.expect(200);
    }
    for of in [json!({"room_id": room_id}), json!({"studio_id": studio_id}), json!({})] {
        let feed = service.post("/api/calendar/feeds").bearer(&owner).json(of).send().await.expect(201);
        let answer = service.get(feed["path"].as_str().unwrap()).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let calendars = format!("/api/rooms/{room_id}/calendars");
    let import = json!({"name": "Band", "url": "https://localhost/busy.ics"});
    service.post(&calendars).bearer(&owner).json(import).send().await.expect(201);
    service.get(&calendars).bearer(&owner).send().await.expect(200);
    service.run_jobs().await;
    // Its connections report what they did when they end.
    service.stop().await;
    let whole: Vec<Table> = diesel::sql_query(WHOLE_TABLES).load(&mut *db.conn().await.unwrap()).await.unwrap();
    assert_eq!(whole.into_iter().map(|table| table.relname).collect::<Vec<_>>(), Vec::<String>::new());
}
