//! One trace from the door to the last effect, and nothing secret on the way.

use std::collections::BTreeSet;

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::json;
use testkit::eventually;

use crate::{
    connections::connect,
    elements,
    providers::session_at,
    support::{Layout, PASSWORD, Processes, Scene, TestPlatform},
};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn lines(platform: &TestPlatform, service: &str, sql: &str) -> Vec<String> {
    let db = platform.db(service);
    let mut conn = db.conn().await.unwrap();
    let lines: Vec<Line> = diesel::sql_query(sql).load(&mut *conn).await.unwrap();
    lines.into_iter().map(|line| line.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_one_trace_through_every_service() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    platform.assert_healthy().await;
    let trace_of = |event: &str| {
        format!("SELECT split_part(traceparent, '-', 2) AS text FROM outbox WHERE event_type = '{event}'")
    };
    let succeeded = lines(&platform, "billing", &trace_of("billing.payment_succeeded.v1")).await;
    let applied = lines(&platform, "booking", &trace_of("booking.booking_payment_applied.v1")).await;
    let received: BTreeSet<String> =
        lines(&platform, "webhook", &trace_of("webhook.provider_event_received.v1")).await.into_iter().collect();
    assert_eq!(succeeded, applied, "billing's trace goes on in booking");
    assert!(received.contains(&succeeded[0]), "and began with one of the provider's webhooks");
    let processes = platform.processes();
    for service in ["webhook", "billing", "booking", "ledger", "messaging"] {
        wait_for_line(processes, service, &succeeded[0]).await;
    }
    // What a client asks is one trace from the door on: the problem names it.
    let problem = platform.get("/api/bookings/bkg_01h455vb4pex5vsknk084sn02q").send().await.expect(401);
    let trace_id = problem["trace_id"].as_str().unwrap();
    for service in ["gateway", "booking"] {
        wait_for_line(processes, service, trace_id).await;
    }
}

/// Lines are written a moment after what they tell.
async fn wait_for_line(processes: &Processes, service: &str, trace_id: &str) {
    let written = async || processes.log(service).contains(trace_id).then_some(());
    eventually(&format!("{service} writes the trace down"), written).await;
}

const CARD: &str = "4242424242424242";

/// What clients are told who put cards, passwords and tokens where they do not belong.
async fn misplaced(platform: &TestPlatform, scene: &Scene) -> Vec<String> {
    let token = &scene.customer.refresh_token;
    let mut problems = Vec::new();
    for (path, body) in [
        ("/api/payments/session", json!({"card_number": CARD, "payable": {"type": "booking", "id": CARD}})),
        ("/api/payments/session", json!({"payable": {"type": "booking", "id": CARD}})),
        ("/api/payments/session", json!({"payable": {"type": CARD, "id": scene.room_id}, "provider": token})),
        ("/api/payments/refund", json!({"payment_id": CARD, "amount": CARD})),
        ("/api/payments/verify", json!({"payment_id": token})),
        ("/api/bookings", json!({"room_id": CARD, "starts_at": CARD, "ends_at": token})),
        ("/api/auth/login", json!({"email": CARD, "password": [PASSWORD]})),
        ("/api/auth/refresh", json!({"refresh_token": token, "token": token})),
        ("/webhooks/stripe", json!({"id": CARD, "token": token})),
    ] {
        let answer = scene.customer.post_once(platform, path, body).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text);
        problems.push(answer.text);
    }
    for path in ["/api/payments", "/api/bookings/my"] {
        let answer = scene.customer.get(platform, &format!("{path}?cursor={token}&limit={CARD}")).send().await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text);
        problems.push(answer.text);
    }
    problems
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_an_event_a_database_a_log_or_a_problem() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = Scene::set(&platform).await;
    let booking = scene.book(&platform, 0).await;
    scene.pay(&platform, &booking).await;
    for (day, provider) in [(1, "square"), (2, "paypal")] {
        let booking = scene.book(&platform, day).await;
        let payment = session_at(&platform, &scene, &booking, provider).await;
        platform.pay_with(&payment, CARD).await.expect(200);
        scene.booking_in(&platform, &booking, "confirmed").await;
    }
    let booking = scene.book(&platform, 3).await;
    let payment = elements::open(&platform, &scene, &booking).await;
    elements::confirm(&platform, &payment, CARD).await.expect(200);
    scene.booking_in(&platform, &booking, "confirmed").await;
    connect(&platform, &scene, "allow").await.1.expect(200);
    // Codes and tokens of the connected account, as the other side knows them; PayPal's tokens by how they begin.
    let tokens = lines(&platform, "sandbox", "SELECT secret AS text FROM square_grants").await;
    assert_eq!(tokens.len(), 3);
    let mut secrets =
        vec![PASSWORD, scene.customer.token.as_str(), scene.customer.refresh_token.as_str(), CARD, "A21AA"];
    // The secret of one payment, and how those of all others are written.
    secrets.extend([payment["client_secret"].as_str().unwrap(), "_secret_"]);
    secrets.extend(tokens.iter().map(String::as_str));
    for problem in misplaced(&platform, &scene).await {
        assert!(!secrets.iter().any(|secret| problem.contains(secret)), "{problem}");
    }
    let booking_mail = scene.customer.mail(&platform, "confirmed").await;
    let processes = platform.processes();
    for (service, _) in service_kit::config::SERVICES {
        let log = processes.log(service);
        assert!(log.contains("service"), "{service} writes a log");
        assert!(!secrets.iter().any(|secret| log.contains(secret)), "{service} logs a secret");
        assert!(!log.contains(booking_mail["text"].as_str().unwrap().trim()), "{service} logs no mail");
    }
    // The sandbox plays the outside: the provider's and the mailbox's data are not ours.
    for service in ["auth", "booking", "billing", "ledger", "messaging", "webhook"] {
        let tables = "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public'";
        for table in lines(&platform, service, tables).await {
            let dump = lines(&platform, service, &format!("SELECT (t.*)::text AS text FROM \"{table}\" t")).await;
            for secret in &secrets {
                let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
                let leaks = dump.iter().any(|row| row.contains(secret) || row.contains(&hex));
                assert!(!leaks, "{service}.{table} holds a secret");
            }
        }
    }
}
