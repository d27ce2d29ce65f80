use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, id};

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(id).collect()
}

/// Four bookings by start, made in another order: held, cancelled, confirmed, held.
async fn four(scene: &Scene, customer: &CallerToken) -> Vec<Value> {
    let mut bookings = Vec::new();
    for hour in [14, 10, 16, 12] {
        bookings.push(scene.book(customer, &format!("2027-03-10T{hour}:00:00Z"), 60).await.expect(201));
    }
    scene.act(customer, &bookings[0], "cancel").await.expect(200);
    scene.pay(&bookings[2], 2380).await;
    bookings
}

#[tokio::test]
async fn mine_are_all_i_made_the_newest_first() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let bookings = four(&scene, &customer).await;
    scene.book(&CallerToken::default(), "2027-03-11T10:00:00Z", 60).await.expect(201);
    let expected: Vec<String> = bookings.iter().rev().map(id).collect();
    let all = scene.get(&customer, "/api/bookings/my").send().await.expect(200);
    assert_eq!((ids(&all), &all["next_cursor"]), (expected.clone(), &Value::Null));
    let page = scene.get(&customer, "/api/bookings/my?limit=3").send().await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = scene.get(&customer, &format!("/api/bookings/my?limit=3&cursor={cursor}")).send().await.expect(200);
    assert_eq!([ids(&page), ids(&rest)].concat(), expected);
    scene.service.get("/api/bookings/my").send().await.expect_problem(401, "authentication_required");
}

#[tokio::test]
async fn history_has_what_is_over_in_whatever_way() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let bookings = four(&scene, &customer).await;
    let history = scene.get(&customer, "/api/bookings/history").send().await.expect(200);
    assert_eq!(ids(&history), [id(&bookings[0])]);
    // The holds lapse, before anybody has written it down.
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    let expected: Vec<String> = [0, 3, 1].map(|index| id(&bookings[index])).to_vec();
    let history = scene.get(&customer, "/api/bookings/history").send().await.expect(200);
    assert_eq!(ids(&history), expected, "the latest start first");
    assert_eq!(history["data"][1]["status"], "expired");
    let page = scene.get(&customer, "/api/bookings/history?limit=2").send().await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = scene.get(&customer, &format!("/api/bookings/history?cursor={cursor}")).send().await.expect(200);
    assert_eq!([ids(&page), ids(&rest)].concat(), expected);
}

#[tokio::test]
async fn a_company_filters_its_own_bookings() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let bookings = four(&scene, &customer).await;
    let other = scene.book(&CallerToken::default(), "2027-03-12T10:00:00Z", 60).await.expect(201);
    let filter = |body: Value| {
        let scene = &scene;
        async move {
            let body = crate::scene::merged(json!({"company_id": scene.company_id}), body);
            ids(&scene.as_owner("/api/bookings/filter").json(body).send().await.expect(200))
        }
    };
    let by_start = |indices: &[usize]| -> Vec<String> { indices.iter().map(|index| id(&bookings[*index])).collect() };
    let everything = [by_start(&[1, 3, 0, 2]), vec![id(&other)]].concat();
    assert_eq!(filter(json!({})).await, everything);
    assert_eq!(filter(json!({"room_id": scene.room_id, "studio_id": scene.studio_id})).await, everything);
    assert_eq!(filter(json!({"room_id": kernel::RoomId::new()})).await, Vec::<String>::new());
    assert_eq!(filter(json!({"status": ["confirmed", "cancelled"]})).await, by_start(&[0, 2]));
    assert_eq!(filter(json!({"customer_id": customer.user_id(), "status": ["held"]})).await, by_start(&[1, 3]));
    let window = json!({"from": "2027-03-10T12:00:00Z", "to": "2027-03-10T16:00:00Z"});
    assert_eq!(filter(window).await, by_start(&[3, 0]));
    scene.service.clock.set_offset_secs(scene.service.clock.offset_secs() + 1801);
    assert_eq!(filter(json!({"status": ["held"]})).await, Vec::<String>::new());
    assert_eq!(filter(json!({"status": ["expired"]})).await, [by_start(&[1, 3]), vec![id(&other)]].concat());
    let request = scene.as_owner("/api/bookings/filter?limit=2").json(json!({"company_id": scene.company_id}));
    let page = request.send().await.expect(200);
    let path = format!("/api/bookings/filter?cursor={}", page["next_cursor"].as_str().unwrap());
    let rest = scene.as_owner(&path).json(json!({"company_id": scene.company_id})).send().await.expect(200);
    assert_eq!([ids(&page), ids(&rest)].concat(), everything);
}

#[tokio::test]
async fn a_customer_filters_their_own_bookings_and_no_others() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let bookings = four(&scene, &customer).await;
    let filter = |caller: &CallerToken, body: Value| scene.post(caller, "/api/bookings/filter").json(body).send();
    let mine = filter(&customer, json!({"status": ["confirmed"]})).await.expect(200);
    assert_eq!(ids(&mine), [id(&bookings[2])]);
    assert_eq!(ids(&filter(&CallerToken::default(), json!({})).await.expect(200)), Vec::<String>::new());
    filter(&customer, json!({"company_id": scene.company_id})).await.expect_problem(404, "not_found");
    filter(&customer, json!({"status": ["lost"]})).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn pages_out_of_range_and_foreign_cursors_are_refused() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    // {"starts_at": "-009999-01-01T00:00:00Z", "id": "bkg_…"}: a key that PostgreSQL could not even compare.
    let ancient =
        "eyJzdGFydHNfYXQiOiItMDA5OTk5LTAxLTAyVDAwOjAwOjAwWiIsImlkIjoiYmtnXzAxaDQ1NXZiNHBleDV2c2tuazA4NHNuMDJxIn0";
    for path in ["/api/bookings/my", "/api/bookings/history", "/api/studios/my", "/api/countries"] {
        for query in ["limit=0", "limit=101", "limit=-1"] {
            scene.get(&customer, &format!("{path}?{query}")).send().await.expect_problem(422, "invalid_limit");
        }
        for query in ["limit=x", "colour=red", "limit=1&limit=2"] {
            scene.get(&customer, &format!("{path}?{query}")).send().await.expect_problem(422, "invalid_query");
        }
        for cursor in ["%25", "bnVsbA", "eyJhIjoxfQ", ancient, "IlwAIg"] {
            let answer = scene.get(&customer, &format!("{path}?cursor={cursor}")).send().await;
            assert!(answer.status == 422 || answer.status == 200, "{path} {cursor}: {}", answer.text);
        }
    }
    // "\u0000" as a country's code.
    let answer = scene.service.get("/api/countries?cursor=Ilx1MDAwMCI").send().await;
    answer.expect_problem(422, "invalid_cursor");
}

#[tokio::test]
async fn bookings_are_exported_as_a_spreadsheet_that_runs_no_formula() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let mut body = scene.booking("2027-03-10T10:00:00Z", 60);
    body["note"] = json!("=HYPERLINK(\"http://evil.example\"), \"loud\"");
    let booking = scene.book_with(&customer, body).await.expect(201);
    scene.book(&customer, "2027-03-11T10:00:00Z", 120).await.expect(201);
    let export = async |caller: &CallerToken, filter: serde_json::Value| {
        let answer = scene.post(caller, "/api/bookings/export").json(filter).send().await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{}", answer.text);
        answer.text
    };
    let mine = export(&customer, json!({})).await;
    let lines: Vec<&str> = mine.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "names, two bookings and the end: {mine}");
    assert!(lines[0].starts_with("id,status,studio_id,room_ids,"));
    assert!(lines[1].starts_with(&format!("{},held,", id(&booking))));
    assert!(
        lines[1].contains(",2027-03-10T11:00:00+01:00,2027-03-10T12:00:00+01:00,EUR,23.80,0.00,0.00,23.80,online,")
    );
    assert!(lines[1].contains("\"'=HYPERLINK(\"\"http://evil.example\"\"), \"\"loud\"\"\""), "{}", lines[1]);
    assert!(lines[2].contains(",EUR,47.60,"));
    let of_company =
        export(&scene.owner, json!({"company_id": scene.company_id, "from": "2027-03-11T00:00:00Z"})).await;
    assert_eq!(of_company.split("\r\n").count(), 3);
    let stranger = CallerToken::default();
    let theirs = scene.post(&stranger, "/api/bookings/export").json(json!({"company_id": scene.company_id}));
    theirs.send().await.expect_problem(404, "not_found");
    assert_eq!(export(&stranger, json!({})).await.split("\r\n").count(), 2, "the names alone");
}

#[tokio::test]
async fn an_export_of_many_pages_has_every_booking_once() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-10T10:00:00Z", 60).await.expect(201);
    let booking_id: kernel::BookingId = id(&booking).parse().unwrap();
    // Requests occupy nothing, so copies of one need no slots.
    let copies = format!(
        "INSERT INTO bookings SELECT (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(),
         'status', 'declined', 'starts_at', b.starts_at + make_interval(mins => n / 3),
         'ends_at', b.ends_at + make_interval(mins => n / 3)))).*
         FROM bookings b, generate_series(1, 1203) n WHERE b.id = '{}' RETURNING id::text AS text",
        booking_id.uuid()
    );
    assert_eq!(scene.texts(&copies).await.len(), 1203);
    let answer = scene.post(&customer, "/api/bookings/export").json(json!({})).send().await;
    let ids: std::collections::BTreeSet<&str> =
        answer.text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!((ids.len(), answer.text.lines().count()), (1204, 1205));
}
