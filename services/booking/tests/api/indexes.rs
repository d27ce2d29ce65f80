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

async fn run(service: &TestService, statement: &str) {
    diesel::sql_query(statement).execute(&mut *service.db.conn().await.unwrap()).await.unwrap();
}

/// With sequential scans switched off the planner uses one only where there is no index for a query at all.
#[tokio::test]
async fn no_query_reads_a_whole_table() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    run(
        &scene.service,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$",
    )
    .await;
    let service = TestService::builder(booking::service()).on_database(scene.service.database()).start().await;
    run(&scene.service, "SELECT pg_stat_reset()").await;

    let (owner, customer) = (service.token(&scene.owner), service.token(&customer));
    let city = &scene.city_id;
    let day = "2027-03-10T10:00:00Z";
    for path in [
        "/api/countries".to_owned(),
        format!("/api/studios/{}", scene.studio_id),
        "/api/studios/klangraum-mitte".to_owned(),
        "/api/studios/my".to_owned(),
        format!("/api/studios/{}/rooms", scene.studio_id),
        format!("/api/rooms/{}", scene.room_id),
        format!("/api/bookings/available-times?room_id={}&date=2027-03-10&duration_minutes=60", scene.room_id),
        format!("/api/bookings/{}", id(&booking)),
        "/api/bookings/my".to_owned(),
        "/api/bookings/history".to_owned(),
    ] {
        for token in [&owner, &customer] {
            service.get(&path).bearer(token).send().await.expect(200);
        }
    }
    for (path, body) in [
        ("/api/bookings/filter", json!({"company_id": scene.company_id, "status": ["held"]})),
        ("/api/bookings/filter", json!({"from": day})),
        ("/api/bookings/check-availability", scene.booking(day, 60)),
        ("/api/bookings/calculate-price", scene.booking(day, 60)),
        ("/api/studios/search", json!({"city_id": city, "max_hourly_rate": 5000, "min_capacity": 1})),
        ("/api/studios/search", json!({"near": {"latitude": 52.5, "longitude": 13.4, "radius_km": 50.0}})),
        (
            "/api/studios/search",
            json!({"free": {"starts_at": day, "ends_at": "2027-03-10T12:00:00Z"}, "city_id": city}),
        ),
    ] {
        service.post(path).bearer(&owner).json(body).send().await.expect(200);
    }
    service.run_jobs().await;
    // Its connections report what they did when they end.
    service.stop().await;
    let query = "SELECT relname::text FROM pg_stat_user_tables WHERE seq_scan > 0
        AND relname NOT LIKE 'outbox%' AND relname NOT IN ('inbox', 'parked_events') ORDER BY 1";
    let whole: Vec<Table> = diesel::sql_query(query).load(&mut *scene.service.db.conn().await.unwrap()).await.unwrap();
    assert_eq!(whole.into_iter().map(|table| table.relname).collect::<Vec<_>>(), Vec::<String>::new());
}
