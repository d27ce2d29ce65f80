use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use contracts::{
    auth::v1::{MembershipChanged, UserErased},
    booking::v1::BookingCalendarConflict,
};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, TestService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::scene::{Scene, id};

const START: &str = "2027-03-10T10:00:00Z";

/// Somebody's calendar server, which says what it is told to say.
#[derive(Clone)]
struct Server {
    url: String,
    text: Arc<Mutex<String>>,
    status: Arc<AtomicU16>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/busy.ics", listener.local_addr().unwrap());
        let server = Self { url, text: Arc::default(), status: Arc::new(AtomicU16::new(200)) };
        let told = server.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (text, status) = (told.text.lock().unwrap().clone(), told.status.load(Ordering::SeqCst));
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: text/calendar\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    text.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        server.busy(&[]);
        server
    }

    /// From now on busy at these times: start and end in UTC.
    fn busy(&self, times: &[(&str, &str)]) {
        let events = times.iter().enumerate().map(|(index, (start, end))| {
            format!("BEGIN:VEVENT\r\nUID:{index}@band\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\n")
        });
        let events: String = events.collect();
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//band//EN\r\n{events}END:VCALENDAR\r\n");
        *self.text.lock().unwrap() = text;
    }
}

async fn scene() -> Scene {
    let service = TestService::builder(booking::service()).setting("booking_private_calendars", "true").start().await;
    Scene::on(service, json!({}), json!({})).await
}

async fn import(scene: &Scene, url: &str) -> TestResponse {
    let path = format!("/api/rooms/{}/calendars", scene.room_id);
    scene.as_owner(&path).json(json!({"name": "The band", "url": url})).send().await
}

async fn imports(scene: &Scene) -> Value {
    let path = format!("/api/rooms/{}/calendars", scene.room_id);
    scene.get(&scene.owner, &path).send().await.expect(200)["data"].clone()
}

/// Reads every calendar again.
async fn read_again(scene: &Scene) {
    scene.service.advance_secs(16 * 60).await;
}

async fn feed(scene: &Scene, caller: &CallerToken, of: Value) -> Value {
    scene.post(caller, "/api/calendar/feeds").json(of).send().await.expect(201)
}

/// The calendar at a feed's address, unfolded.
async fn shown(scene: &Scene, feed: &Value) -> String {
    let answer = scene.service.get(feed["path"].as_str().unwrap()).send().await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["content-type"]),
        (200, &"text/calendar; charset=utf-8".parse().unwrap())
    );
    answer.text.replace("\r\n ", "")
}

fn events(calendar: &str) -> Vec<&str> {
    calendar.split("BEGIN:VEVENT").skip(1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_imported_calendar_is_busy_the_room_is_occupied() {
    let (scene, server) = (scene().await, Server::start().await);
    server.busy(&[("20270310T100000Z", "20270310T120000Z")]);
    let made = import(&scene, &server.url).await.expect(201);
    assert_eq!((&made["fetched_at"], &made["last_error"]), (&Value::Null, &Value::Null));
    scene.service.run_jobs().await;
    assert!(imports(&scene).await[0]["fetched_at"].is_string());
    let customer = CallerToken::default();
    scene.book(&customer, START, 60).await.expect_problem(409, "slot_taken");
    assert!(!scene.is_available("2027-03-10T11:00:00Z", 60).await);
    scene.book(&customer, "2027-03-10T12:00:00Z", 60).await.expect(201);
    // It moves.
    server.busy(&[("20270311T100000Z", "20270311T120000Z")]);
    read_again(&scene).await;
    scene.book(&customer, START, 60).await.expect(201);
    scene.book(&customer, "2027-03-11T10:00:00Z", 60).await.expect_problem(409, "slot_taken");
    // And is not imported any more.
    let path = format!("/api/rooms/{}/calendars/{}", scene.room_id, id(&made));
    let token = scene.service.token(&scene.owner);
    let delete = || scene.service.request(Method::DELETE, &path).bearer(&token).send();
    assert_eq!(delete().await.status, 204);
    delete().await.expect_problem(404, "not_found");
    scene.book(&customer, "2027-03-11T10:00:00Z", 60).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_cannot_be_read_keeps_what_was_known_of_it() {
    let (scene, server) = (scene().await, Server::start().await);
    server.busy(&[("20270310T100000Z", "20270310T120000Z")]);
    import(&scene, &server.url).await.expect(201);
    scene.service.run_jobs().await;
    for (status, text) in [(500, ""), (404, ""), (200, "<html></html>"), (200, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")] {
        server.status.store(status, Ordering::SeqCst);
        *server.text.lock().unwrap() = text.to_owned();
        scene.service.advance_secs(13 * 3600).await;
        assert!(imports(&scene).await[0]["last_error"].is_string(), "{status} {text}");
        assert!(!scene.is_available(START, 60).await, "{status} {text}");
    }
    server.status.store(200, Ordering::SeqCst);
    server.busy(&[]);
    scene.service.advance_secs(13 * 3600).await;
    assert_eq!(imports(&scene).await[0]["last_error"], Value::Null);
    assert!(scene.is_available(START, 60).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_time_over_a_booking_is_told_once_and_cancels_nothing() {
    let (scene, server) = (scene().await, Server::start().await);
    let customer = CallerToken::default();
    let booking = scene.book(&customer, "2027-03-10T11:00:00Z", 60).await.expect(201);
    scene.pay(&booking, 2380).await;
    server.busy(&[("20270310T100000Z", "20270310T140000Z")]);
    import(&scene, &server.url).await.expect(201);
    scene.service.run_jobs().await;
    assert_eq!(scene.booking_of(&customer, &booking).await["status"], "confirmed");
    let told = scene.service.events::<BookingCalendarConflict>().await;
    assert_eq!((told.len(), told[0].calendar_name.as_str()), (1, "The band"));
    assert_eq!(told[0].booking.as_ref().unwrap().booking_id, id(&booking));
    // What is left of the busy time is occupied, on both sides of the booking.
    for start in ["2027-03-10T10:00:00Z", "2027-03-10T12:00:00Z", "2027-03-10T13:00:00Z"] {
        scene.book(&customer, start, 60).await.expect_problem(409, "slot_taken");
    }
    read_again(&scene).await;
    assert_eq!(scene.service.events::<BookingCalendarConflict>().await.len(), 1);
    // When the booking goes, the calendar has the whole time.
    scene.act(&customer, &booking, "cancel").await.expect(200);
    read_again(&scene).await;
    assert!(!scene.is_available("2027-03-10T11:00:00Z", 60).await);
    let overlaps = "SELECT a.id::text AS text FROM occupancies a JOIN occupancies b
        ON a.room_id = b.room_id AND a.id < b.id AND a.active AND b.active AND a.period && b.period";
    assert_eq!(scene.texts(overlaps).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_read_a_calendar_without_overlaps() {
    let (scene, server) = (scene().await, Server::start().await);
    let second = TestService::builder(booking::service())
        .setting("booking_private_calendars", "true")
        .on_database(scene.service.database())
        .start()
        .await;
    server.busy(&[("20270310T100000Z", "20270310T120000Z"), ("20270310T113000Z", "20270310T130000Z")]);
    import(&scene, &server.url).await.expect(201);
    futures_util::future::join(scene.service.run_jobs(), second.run_jobs()).await;
    let periods = "SELECT period::text AS text FROM occupancies WHERE kind = 'import'";
    assert_eq!(scene.texts(periods).await.len(), 1, "joined");
}

/// Nobody could end it any more.
#[tokio::test(flavor = "multi_thread")]
async fn the_calendars_of_a_room_that_is_gone_are_read_no_more() {
    let (scene, server) = (scene().await, Server::start().await);
    server.busy(&[("20270310T100000Z", "20270310T120000Z")]);
    import(&scene, &server.url).await.expect(201);
    scene.service.run_jobs().await;
    let left = "SELECT url AS text FROM calendar_imports";
    assert_eq!(scene.texts(left).await, std::slice::from_ref(&server.url));
    scene.delete(&scene.owner, &format!("/api/rooms/{}", scene.room_id)).send().await.expect(204);
    assert_eq!(scene.texts(left).await, Vec::<String>::new());
}

#[tokio::test]
async fn addresses_that_lead_inside_are_refused() {
    let scene = Scene::start().await;
    for url in ["http://example.com/a.ics", "file:///etc/passwd", "https://user:pw@example.com/a.ics", "nonsense"] {
        let problem = import(&scene, url).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/url");
    }
    // A name is only known to lead inside when it is looked up.
    import(&scene, "https://localhost/a.ics").await.expect(201);
    scene.service.run_jobs().await;
    assert_eq!(imports(&scene).await[0]["last_error"], "the address is not allowed");
    import(&scene, "https://localhost/a.ics").await.expect_problem(409, "calendar_exists");
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let path = format!("/api/rooms/{}/calendars", scene.room_id);
    let body = json!({"name": "x", "url": "https://example.com/a.ics"});
    scene.post(&staff, &path).json(body.clone()).send().await.expect_problem(403, "insufficient_role");
    scene.post(&CallerToken::default(), &path).json(body).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_feed_shows_bookings_with_stable_ids_and_rising_sequences() {
    let scene = Scene::start().await;
    let customer = CallerToken::default();
    let booking = scene.book(&customer, START, 60).await.expect(201);
    let (mine, room, studio) = (
        feed(&scene, &customer, json!({})).await,
        feed(&scene, &scene.owner, json!({"room_id": scene.room_id})).await,
        feed(&scene, &scene.owner, json!({"studio_id": scene.studio_id})).await,
    );
    let calendar = shown(&scene, &mine).await;
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
    assert!(calendar.contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin"));
    let [event] = events(&calendar)[..] else { panic!("{calendar}") };
    for line in [
        &format!("UID:{}@roomtone", id(&booking)),
        "SEQUENCE:0",
        "STATUS:TENTATIVE",
        "DTSTART;TZID=Europe/Berlin:20270310T110000",
        "DTEND;TZID=Europe/Berlin:20270310T120000",
        "SUMMARY:Room A\\, Klangraum Mitte",
        "LOCATION:Klangraum Mitte\\, Torstraße 1\\, 10119",
    ] {
        assert!(event.contains(&format!("\r\n{line}\r\n")), "{line} in {event}");
    }
    scene.pay(&booking, 2380).await;
    let body = json!({"starts_at": "2027-03-12T10:00:00Z", "ends_at": "2027-03-12T11:00:00Z"});
    let path = format!("/api/bookings/{}/reschedule", id(&booking));
    scene.post(&customer, &path).json(body).send().await.expect(200);
    for of in [&mine, &room, &studio] {
        let calendar = shown(&scene, of).await;
        for line in ["SEQUENCE:2", "STATUS:CONFIRMED", "DTSTART;TZID=Europe/Berlin:20270312T110000", "TRANSP:OPAQUE"] {
            assert!(calendar.contains(&format!("\r\n{line}\r\n")), "{line} in {calendar}");
        }
    }
    scene.act(&customer, &booking, "cancel").await.expect(200);
    let calendar = shown(&scene, &room).await;
    assert!(calendar.contains("\r\nSEQUENCE:3\r\n") && calendar.contains("\r\nSTATUS:CANCELLED\r\n"), "{calendar}");
}

#[tokio::test]
async fn a_feed_is_for_whoever_may_see_it_until_it_is_revoked() {
    let scene = Scene::start().await;
    let (customer, stranger) = (CallerToken::default(), CallerToken::default());
    scene.book(&customer, START, 60).await.expect(201);
    for of in [json!({"room_id": scene.room_id}), json!({"studio_id": scene.studio_id})] {
        let theirs = scene.post(&customer, "/api/calendar/feeds").json(of.clone()).send().await;
        theirs.expect_problem(404, "not_found");
        let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
        feed(&scene, &staff, of).await;
    }
    let both = json!({"room_id": scene.room_id, "studio_id": scene.studio_id});
    let both = scene.as_owner("/api/calendar/feeds").json(both).send().await;
    both.expect_problem(422, "validation_failed");
    assert_eq!(events(&shown(&scene, &feed(&scene, &stranger, json!({})).await).await).len(), 0);
    let mine = feed(&scene, &customer, json!({})).await;
    let listed = scene.get(&customer, "/api/calendar/feeds").send().await.expect(200);
    assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["token"]), (&mine["id"], &Value::Null));
    assert_eq!(scene.texts("SELECT encode(token_hash, 'escape') AS text FROM calendar_feeds").await.len(), 4);
    let path = format!("/api/calendar/feeds/{}", id(&mine));
    let delete = |caller: &CallerToken| {
        let token = scene.service.token(caller);
        scene.service.request(Method::DELETE, &path).bearer(&token).send()
    };
    delete(&stranger).await.expect_problem(404, "not_found");
    assert_eq!(delete(&customer).await.status, 204);
    scene.service.get(mine["path"].as_str().unwrap()).send().await.expect_problem(404, "not_found");
    scene.service.get("/api/calendar/nothing.ics").send().await.expect_problem(404, "not_found");
}

/// Calendar programs keep an address for years.
#[tokio::test]
async fn addresses_made_before_tokens_had_a_prefix_work_on() {
    let scene = Scene::start().await;
    let mine = feed(&scene, &scene.owner, json!({})).await;
    assert!(mine["token"].as_str().unwrap().starts_with("rtc_"), "logs leave out what begins so");
    let old =
        "UPDATE calendar_feeds SET token_hash = sha256('roomtone calendar v1\\000'::bytea || 'kF0-n0_prefix'::bytea)";
    assert_eq!(scene.execute(old).await.unwrap(), 1);
    shown(&scene, &json!({"path": "/api/calendar/kF0-n0_prefix.ics"})).await;
    scene.service.get(mine["path"].as_str().unwrap()).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_whole_studio_shows_in_the_feeds_of_its_rooms() {
    let scene = Scene::start().await;
    let whole = scene.create_room(json!({"name": "Whole studio"})).await;
    scene.set_prices(&whole, json!({})).await.expect(200);
    let path = format!("/api/rooms/{whole}/parts");
    let token = scene.service.token(&scene.owner);
    let parts = scene.service.request(Method::PUT, &path).bearer(&token).json(json!({"whole_studio": true}));
    parts.send().await.expect(200);
    let mut body = scene.booking(START, 60);
    body["room_id"] = json!(whole);
    scene.book_with(&CallerToken::default(), body).await.expect(201);
    let calendar = shown(&scene, &feed(&scene, &scene.owner, json!({"room_id": scene.room_id})).await).await;
    assert_eq!(events(&calendar).len(), 1);
    assert!(calendar.contains("SUMMARY:Whole studio: booked"), "{calendar}");
}

#[tokio::test]
async fn who_leaves_the_company_or_the_platform_reads_nothing_any_more() {
    let scene = Scene::start().await;
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    let of_room = feed(&scene, &staff, json!({"room_id": scene.room_id})).await;
    let (own, kept) = (feed(&scene, &staff, json!({})).await, feed(&scene, &scene.owner, json!({})).await);
    let changed = |role: &str| MembershipChanged {
        company_id: scene.company_id.to_string(),
        user_id: staff.user_id().to_string(),
        role: role.to_owned(),
    };
    scene.service.deliver(kernel::new_uuid(), 1, &changed("manager")).await;
    shown(&scene, &of_room).await;
    scene.service.deliver(kernel::new_uuid(), 2, &changed("")).await;
    scene.service.get(of_room["path"].as_str().unwrap()).send().await.expect_problem(404, "not_found");
    shown(&scene, &own).await;
    let erased = UserErased { user_id: staff.user_id().to_string() };
    scene.service.deliver(kernel::new_uuid(), 1, &erased).await;
    scene.service.get(own["path"].as_str().unwrap()).send().await.expect_problem(404, "not_found");
    shown(&scene, &kept).await;
}
