//! Reviews: after the booking, blind, and kept with the studio.

use contracts::auth::v1::UserErased;
use futures_util::{future::join_all, join};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, TestService, budget};

use crate::scene::{Scene, id};

const DAY: i64 = 24 * 3600;

/// A booking of the customer that has taken place on this day of March.
async fn completed(scene: &Scene, customer: &CallerToken, hour: u32) -> Value {
    let booking = scene.book(customer, &format!("2027-03-01T{hour:02}:00:00Z"), 60).await.expect(201);
    scene.pay_and_read(customer, &booking).await
}

/// The scene a day after these bookings.
async fn afterwards(customers: &[&CallerToken]) -> (Scene, Vec<Value>) {
    let scene = Scene::start().await;
    let mut bookings = Vec::new();
    for (hour, customer) in (10..).zip(customers) {
        bookings.push(completed(&scene, customer, hour).await);
    }
    scene.service.advance_secs(DAY).await;
    (scene, bookings)
}

async fn review(scene: &Scene, caller: &CallerToken, booking: &Value, rating: i64) -> TestResponse {
    let body = json!({"booking_id": booking["id"], "rating": rating, "text": format!("{rating} of 5")});
    scene.post(caller, &format!("/api/studios/{}/reviews", scene.studio_id)).json(body).send().await
}

async fn shown(scene: &Scene) -> Vec<i64> {
    let path = format!("/api/studios/{}/reviews", scene.studio_id);
    let page = scene.service.get(&path).send().await.expect(200);
    page["data"].as_array().unwrap().iter().map(|review| review["rating"].as_i64().unwrap()).collect()
}

async fn rating(scene: &Scene) -> Value {
    scene.service.get(&format!("/api/studios/{}", scene.studio_id)).send().await.expect(200)["rating"].clone()
}

async fn seen_by(scene: &Scene, caller: &CallerToken, booking: &Value) -> Vec<String> {
    let page = scene.get(caller, &format!("/api/bookings/{}/reviews", id(booking))).send().await.expect(200);
    page["data"].as_array().unwrap().iter().map(|review| review["author"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn both_reviews_are_hidden_until_both_are_in() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    review(&scene, &ada, &bookings[0], 4).await.expect(201);
    assert_eq!((shown(&scene).await, rating(&scene).await), (vec![], Value::Null));
    assert_eq!(seen_by(&scene, &ada, &bookings[0]).await, ["customer"]);
    assert_eq!(seen_by(&scene, &staff, &bookings[0]).await, Vec::<String>::new(), "nobody peeks");

    review(&scene, &staff, &bookings[0], 5).await.expect(201);
    assert_eq!(shown(&scene).await, [4], "the customer's, not the studio's");
    assert_eq!(rating(&scene).await, json!({"average": "4.0", "count": 1}));
    for caller in [&ada, &staff] {
        assert_eq!(seen_by(&scene, caller, &bookings[0]).await, ["customer", "company"]);
    }
    review(&scene, &ada, &bookings[0], 1).await.expect_problem(409, "already_reviewed");
}

/// Whoever has waited for the other's words does not get to answer them.
#[tokio::test]
async fn after_seven_days_a_review_is_shown_and_no_second_one_is_taken() {
    let (ada, bob) = (CallerToken::default(), CallerToken::default());
    let (scene, bookings) = afterwards(&[&ada, &bob]).await;
    review(&scene, &ada, &bookings[0], 1).await.expect(201);
    review(&scene, &scene.owner, &bookings[1], 2).await.expect(201);
    scene.service.advance_secs(7 * DAY - 1).await;
    assert_eq!((shown(&scene).await, rating(&scene).await), (vec![], Value::Null));
    scene.service.advance_secs(1).await;
    assert_eq!((shown(&scene).await, rating(&scene).await), (vec![1], json!({"average": "1.0", "count": 1})));
    scene.service.run_jobs().await;
    assert_eq!(rating(&scene).await["count"], 1, "counted once");
    assert_eq!(seen_by(&scene, &bob, &bookings[1]).await, ["company"]);
    review(&scene, &scene.owner, &bookings[0], 5).await.expect_problem(409, "review_period_over");
    review(&scene, &bob, &bookings[1], 5).await.expect_problem(409, "review_period_over");
}

#[tokio::test]
async fn only_the_two_sides_of_a_completed_booking_review_it_for_a_month() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let ahead = scene.book(&ada, "2027-03-20T10:00:00Z", 60).await.expect(201);
    review(&scene, &ada, &ahead, 5).await.expect_problem(409, "booking_not_completed");
    review(&scene, &CallerToken::default(), &bookings[0], 5).await.expect_problem(404, "not_found");
    let both = CallerToken::default().user(ada.user_id()).member_of(scene.company_id, CompanyRole::Staff);
    review(&scene, &both, &bookings[0], 5).await.expect_problem(403, "own_studio");
    let elsewhere = json!({"booking_id": bookings[0]["id"], "rating": 5});
    let path = format!("/api/studios/{}/reviews", kernel::StudioId::new());
    scene.post(&ada, &path).json(elsewhere).send().await.expect_problem(404, "not_found");
    scene.service.get(&path).send().await.expect_problem(404, "not_found");
    for (field, value) in [("rating", json!(0)), ("rating", json!(6)), ("text", json!("x".repeat(2001)))] {
        let mut body = json!({"booking_id": bookings[0]["id"], "rating": 3});
        body[field] = value;
        let request = scene.post(&ada, &format!("/api/studios/{}/reviews", scene.studio_id)).json(body);
        let problem = request.send().await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
    scene.service.advance_secs(30 * DAY).await;
    review(&scene, &ada, &bookings[0], 5).await.expect_problem(409, "review_period_over");
}

#[tokio::test]
async fn the_company_replies_once_to_what_is_shown() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let written = review(&scene, &ada, &bookings[0], 2).await.expect(201);
    let path = format!("/api/reviews/{}/reply", id(&written));
    let reply = |caller: &CallerToken| scene.post(caller, &path).json(json!({"text": "We are sorry."})).send();
    reply(&scene.owner).await.expect_problem(404, "not_found");
    review(&scene, &scene.owner, &bookings[0], 5).await.expect(201);
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    reply(&staff).await.expect_problem(403, "insufficient_role");
    reply(&ada).await.expect_problem(404, "not_found");
    for text in ["", " ", &"x".repeat(2001)] {
        let refused = scene.as_owner(&path).json(json!({"text": text})).send().await;
        refused.expect_problem(422, "validation_failed");
    }
    assert_eq!(reply(&scene.owner).await.expect(200)["reply"]["text"], "We are sorry.");
    reply(&scene.owner).await.expect_problem(409, "already_replied");
    let list = format!("/api/studios/{}/reviews", scene.studio_id);
    let page = scene.service.get(&list).send().await.expect(200);
    assert_eq!(page["data"][0]["reply"]["text"], "We are sorry.");
}

async fn decide(scene: &Scene, review: &str, decision: &str) {
    let path = format!("/api/admin/reviews/{review}/decisions");
    let body = json!({"decision": decision, "reason": format!("To {decision} is right.")});
    let case = scene.as_admin(&path).json(body).send().await.expect(200);
    assert_eq!(case["review"]["id"], review);
}

#[tokio::test]
async fn a_reported_review_is_kept_or_hidden_by_the_platform_which_says_why() {
    let (ada, bob) = (CallerToken::default(), CallerToken::default());
    let (scene, bookings) = afterwards(&[&ada, &bob]).await;
    let mut reviews = Vec::new();
    for (customer, (booking, rating)) in [&ada, &bob].into_iter().zip(bookings.iter().zip([1, 4])) {
        reviews.push(id(&review(&scene, customer, booking, rating).await.expect(201)));
        review(&scene, &scene.owner, booking, 5).await.expect(201);
    }
    assert_eq!(rating(&scene).await, json!({"average": "2.5", "count": 2}));
    let report = async |caller: &CallerToken, review: &str, reason: &str| {
        scene.post(caller, &format!("/api/reviews/{review}/report")).json(json!({"reason": reason})).send().await
    };
    for reason in ["Untrue", "Rude"] {
        assert_eq!(report(&scene.owner, &reviews[0], reason).await.status, 204);
    }
    assert_eq!(report(&ada, &reviews[1], "Advertising").await.status, 204);
    report(&ada, &reviews[1], " ").await.expect_problem(422, "validation_failed");
    report(&ada, &reviews[1], &"x".repeat(2001)).await.expect_problem(422, "validation_failed");
    assert_eq!(open_reports(&scene).await, ["Rude", "Advertising"]);

    // Hiding twice takes it out of the rating once.
    for _ in 0..2 {
        decide(&scene, &reviews[0], "hide").await;
    }
    decide(&scene, &reviews[1], "keep").await;
    assert_eq!(open_reports(&scene).await, Vec::<String>::new());
    assert_eq!((shown(&scene).await, rating(&scene).await), (vec![4], json!({"average": "4.0", "count": 1})));
    report(&scene.owner, &reviews[0], "Again").await.expect_problem(404, "not_found");
    let path = format!("/api/reviews/{}/reply", reviews[0]);
    scene.as_owner(&path).json(json!({"text": "Well."})).send().await.expect_problem(404, "not_found");
    let path = format!("/api/bookings/{}/reviews", id(&bookings[0]));
    let own = scene.get(&ada, &path).send().await.expect(200);
    assert_eq!((&own["data"][0]["rating"], &own["data"][0]["hidden"]), (&json!(1), &json!(true)));

    for _ in 0..2 {
        decide(&scene, &reviews[0], "restore").await;
    }
    assert_eq!((shown(&scene).await.len(), rating(&scene).await), (2, json!({"average": "2.5", "count": 2})));
    let case = scene.get(&CallerToken::default().admin(), &format!("/api/admin/reviews/{}", reviews[0])).send().await;
    let case = case.expect(200);
    let decided: Vec<&str> =
        case["decisions"].as_array().unwrap().iter().map(|made| made["decision"].as_str().unwrap()).collect();
    assert_eq!(decided, ["restore", "restore", "hide", "hide"]);
    assert_eq!(case["decisions"][3]["reason"], "To hide is right.");
    assert_eq!((&case["reports"][0]["reason"], &case["written_by"]), (&json!("Rude"), &json!(ada.user_id())));
}

async fn open_reports(scene: &Scene) -> Vec<String> {
    let admin = CallerToken::default().admin();
    let page = scene.get(&admin, "/api/admin/reviews/reports").send().await.expect(200);
    page["data"].as_array().unwrap().iter().map(|report| report["reason"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nobody_but_the_platform_moderates_and_it_has_to_say_why() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let written = id(&review(&scene, &ada, &bookings[0], 3).await.expect(201));
    let path = format!("/api/admin/reviews/{written}/decisions");
    for caller in [&ada, &scene.owner] {
        scene.get(caller, "/api/admin/reviews/reports").send().await.expect_problem(403, "admin_required");
        scene.get(caller, &format!("/api/admin/reviews/{written}")).send().await.expect_problem(403, "admin_required");
        let request = scene.post(caller, &path).json(json!({"decision": "hide", "reason": "Mine."}));
        request.send().await.expect_problem(403, "admin_required");
    }
    for reason in ["", " ", &"x".repeat(2001)] {
        let request = scene.as_admin(&path).json(json!({"decision": "hide", "reason": reason}));
        request.send().await.expect_problem(422, "validation_failed");
    }
    let burn = json!({"decision": "burn", "reason": "No."});
    scene.as_admin(&path).json(burn).send().await.expect_problem(422, "validation_failed");
    let nobodys = format!("/api/admin/reviews/{}", kernel::ReviewId::new());
    scene.get(&CallerToken::default().admin(), &nobodys).send().await.expect_problem(404, "not_found");
    let gone = json!({"decision": "hide", "reason": "Gone."});
    scene.as_admin(&format!("{nobodys}/decisions")).json(gone).send().await.expect_problem(404, "not_found");
}

/// What the company wrote is for the two of them; the customer may have it looked at.
#[tokio::test]
async fn the_companys_review_is_seen_and_reported_by_the_two_sides_only() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let about = id(&review(&scene, &scene.owner, &bookings[0], 1).await.expect(201));
    let report = |caller: &CallerToken| {
        scene.post(caller, &format!("/api/reviews/{about}/report")).json(json!({"reason": "I paid."})).send()
    };
    report(&ada).await.expect_problem(404, "not_found");
    review(&scene, &ada, &bookings[0], 5).await.expect(201);
    report(&CallerToken::default()).await.expect_problem(404, "not_found");
    assert_eq!(report(&ada).await.status, 204);
    let reply = scene.as_owner(&format!("/api/reviews/{about}/reply")).json(json!({"text": "To myself."}));
    reply.send().await.expect_problem(404, "not_found");
    decide(&scene, &about, "hide").await;
    assert_eq!(seen_by(&scene, &ada, &bookings[0]).await, ["customer"]);
    assert_eq!(rating(&scene).await, json!({"average": "5.0", "count": 1}), "which is the customer's");
}

#[tokio::test]
async fn search_ranks_and_filters_by_what_is_shown() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let found = async || {
        let search = scene.service.post("/api/studios/search").json(json!({"min_rating": "4.5"}));
        search.send().await.expect(200)["data"].as_array().unwrap().len()
    };
    let written = id(&review(&scene, &ada, &bookings[0], 5).await.expect(201));
    assert_eq!(found().await, 0, "it is hidden");
    scene.service.advance_secs(7 * DAY).await;
    assert_eq!(found().await, 1);
    decide(&scene, &written, "hide").await;
    assert_eq!(found().await, 0);
    decide(&scene, &written, "restore").await;
    assert_eq!(found().await, 1);
}

#[tokio::test]
async fn a_guest_without_an_account_is_not_reviewed() {
    let scene = Scene::start().await;
    let mut body = scene.booking("2027-03-01T10:00:00Z", 60);
    body["customer"] = json!({"name": "Lena Ost"});
    body["payment"] = json!("at_desk");
    let booking = scene.book_with(&scene.owner, body).await.expect(201);
    let paid = scene.as_owner(&format!("/api/bookings/{}/record-payment", id(&booking))).idempotency_key("paid");
    paid.json(json!({"method": "cash", "amount": 2380})).send().await.expect(200);
    scene.service.advance_secs(DAY).await;
    review(&scene, &scene.owner, &booking, 5).await.expect_problem(409, "customer_without_account");
}

async fn personal_data(scene: &Scene, person: &CallerToken, limit: usize) -> Vec<Value> {
    let token = scene.service.keys.service_token("auth", "booking");
    let base = format!("/internal/users/{}/personal-data?limit={limit}", person.user_id());
    let (mut path, mut records) = (base.clone(), Vec::new());
    loop {
        let page = scene.service.get(&path).bearer(&token).send().await.expect(200);
        records.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{base}&cursor={cursor}"),
            None => return records,
        }
    }
}

#[tokio::test]
async fn a_copy_of_somebodys_data_has_what_they_wrote_and_what_was_said_of_them() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada, &ada]).await;
    let first = id(&review(&scene, &ada, &bookings[0], 2).await.expect(201));
    review(&scene, &scene.owner, &bookings[1], 4).await.expect(201);
    let kinds = |records: &[Value]| -> Vec<String> {
        records.iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
    };
    let before = personal_data(&scene, &ada, 100).await;
    assert_eq!(kinds(&before), ["booking", "booking", "review"], "what they cannot read yet is not told");
    review(&scene, &scene.owner, &bookings[0], 5).await.expect(201);
    let report = scene.post(&ada, &format!("/api/reviews/{first}/report"));
    assert_eq!(report.json(json!({"reason": "My own."})).send().await.status, 204);
    for limit in [1, 2, 3, 100] {
        let records = personal_data(&scene, &ada, limit).await;
        assert_eq!(kinds(&records), ["booking", "booking", "review", "review", "review_report"], "by {limit}");
        let said: Vec<(&Value, &Value)> =
            records[2..4].iter().map(|review| (&review["written_by_them"], &review["text"])).collect();
        assert_eq!(said, [(&json!(false), &json!("5 of 5")), (&json!(true), &json!("2 of 5"))]);
        assert_eq!(records[4]["reason"], "My own.");
    }
    let of_owner = personal_data(&scene, &scene.owner, 100).await;
    assert_eq!(kinds(&of_owner), ["review", "review"], "staff wrote as themselves");
}

#[tokio::test]
async fn the_words_of_and_about_somebody_who_is_gone_are_forgotten_and_the_rating_stays() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let written = id(&review(&scene, &ada, &bookings[0], 5).await.expect(201));
    review(&scene, &scene.owner, &bookings[0], 5).await.expect(201);
    scene.post(&ada, &format!("/api/reviews/{written}/report")).json(json!({"reason": "Mine"})).send().await;
    let thanks = scene.as_owner(&format!("/api/reviews/{written}/reply")).json(json!({"text": "Thank you, Ada."}));
    thanks.send().await.expect(200);
    let erased = UserErased { user_id: ada.user_id().to_string() };
    for _ in 0..2 {
        scene.service.deliver(ada.user_id().uuid(), 9, &erased).await;
    }
    let path = format!("/api/studios/{}/reviews", scene.studio_id);
    let page = scene.service.get(&path).send().await.expect(200);
    assert_eq!((&page["data"][0]["text"], &page["data"][0]["rating"]), (&Value::Null, &json!(5)));
    let said = "SELECT id::text AS text FROM reviews WHERE words IS NOT NULL OR reply IS NOT NULL";
    assert_eq!(scene.texts(said).await, [""; 0]);
    assert_eq!(scene.texts("SELECT reason AS text FROM review_reports").await, [""; 0]);
    assert_eq!(rating(&scene).await, json!({"average": "5.0", "count": 1}));
    // It can still be hidden, and counts exactly.
    decide(&scene, &written, "hide").await;
    assert_eq!(rating(&scene).await, Value::Null);
}

/// The sum is kept by adding and taking away, at once by whoever reviews, hides, restores and by two jobs: it has to be
/// what the reviews say whenever they have come to rest.
#[tokio::test(flavor = "multi_thread")]
async fn the_rating_is_exact_whatever_happens_at_once() {
    let people: Vec<CallerToken> = (0..8).map(|_| CallerToken::default()).collect();
    let (scene, bookings) = afterwards(&people.iter().collect::<Vec<_>>()).await;
    let second = TestService::builder(booking::service()).on_database(scene.service.database()).start().await;
    let mut written = Vec::new();
    for (customer, (booking, rating)) in people.iter().zip(bookings.iter().zip([1, 2, 3, 4, 5, 1, 4, 2])) {
        written.push(id(&review(&scene, customer, booking, rating).await.expect(201)));
    }
    scene.service.advance_secs(7 * DAY - 3600).await;
    let mut seed = 7_u64;
    for round in 0..budget(4, 40) {
        let mut asked = Vec::new();
        for review in &written {
            // Any mixture will do, as long as it is the same each time.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let decisions = [["hide", "restore"], ["restore", "hide"], ["hide", "hide"], ["keep", "restore"]];
            asked.extend(decisions[(seed >> 61) as usize % 4].map(|decision| decide(&scene, review, decision)));
        }
        let replies = bookings.iter().take(4).map(|booking| review(&scene, &scene.owner, booking, 3));
        if round == 1 {
            scene.service.advance_secs(3600).await;
        }
        join!(join_all(asked), join_all(replies), scene.service.run_jobs(), second.run_jobs());
        let said = "SELECT format('%s %s', coalesce(sum(rating), 0), count(*)) AS text FROM reviews \
                    WHERE author = 'customer' AND counted";
        let counted = "SELECT format('%s %s', rating_sum, rating_count) AS text FROM studios";
        assert_eq!(scene.texts(counted).await, scene.texts(said).await, "round {round}");
    }
    scene.service.run_jobs().await;
    let all_shown = shown(&scene).await;
    let rated = scene.texts("SELECT format('%s %s', rating_sum, rating_count) AS text FROM studios").await;
    assert_eq!(rated, [format!("{} {}", all_shown.iter().sum::<i64>(), all_shown.len())]);
}

/// Two sides at the same instant: one of them is second, and reveals both.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_reviews_at_once_the_second_reveals_both_and_a_side_writes_one() {
    let ada = CallerToken::default();
    let (scene, bookings) = afterwards(&[&ada]).await;
    let (by_ada, by_owner) = join!(
        join_all((0..5).map(|_| review(&scene, &ada, &bookings[0], 4))),
        join_all((0..5).map(|_| review(&scene, &scene.owner, &bookings[0], 2))),
    );
    for answers in [by_ada, by_owner] {
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.status == 409));
    }
    assert_eq!((shown(&scene).await, rating(&scene).await), (vec![4], json!({"average": "4.0", "count": 1})));
}

#[tokio::test]
async fn reviews_are_paged_newest_first() {
    let people = [CallerToken::default(), CallerToken::default(), CallerToken::default()];
    let (scene, bookings) = afterwards(&people.iter().collect::<Vec<_>>()).await;
    for (rating, (customer, booking)) in (1..).zip(people.iter().zip(&bookings)) {
        review(&scene, customer, booking, rating).await.expect(201);
        review(&scene, &scene.owner, booking, 5).await.expect(201);
    }
    let mut path = format!("/api/studios/{}/reviews?limit=2", scene.studio_id);
    let first = scene.service.get(&path).send().await.expect(200);
    path += &format!("&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = scene.service.get(&path).send().await.expect(200);
    let ratings =
        |page: &Value| page["data"].as_array().unwrap().iter().map(|r| r["rating"].clone()).collect::<Vec<_>>();
    assert_eq!((ratings(&first), ratings(&second)), (vec![json!(3), json!(2)], vec![json!(1)]));
    assert_eq!(second["next_cursor"], Value::Null);
}
