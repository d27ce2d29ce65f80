//! Nobody learns by asking whether an address has an account: not from the answer, and not from the time it takes.

use std::time::{Duration, Instant};

use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, timeless};

const KNOWN: &str = "ada@example.com";

/// Every request that names an address and needs no session.
const ASKED: [&str; 4] =
    ["/api/auth/register", "/api/auth/password/forgot", "/api/auth/verify-email/resend", "/api/auth/login"];

fn body(path: &str, email: &str) -> Value {
    match path {
        "/api/auth/register" => json!({"email": email, "password": PASSWORD, "name": "Ada", "role": "customer"}),
        "/api/auth/login" => json!({"email": email, "password": "a wrong password"}),
        _ => json!({"email": email}),
    }
}

/// Everything a client sees but what differs from request to request.
fn seen(response: &TestResponse) -> (u16, String, Vec<(String, String)>) {
    let headers = response.headers.iter().filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut headers: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    // Their order is as it happens.
    headers.sort();
    (response.status.as_u16(), timeless(response), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_addresses_are_answered_in_the_same_bytes() {
    let auth = Auth::start().await;
    auth.person(KNOWN).await;
    for path in ASKED {
        let known = auth.post(path, body(path, KNOWN)).send().await;
        let unknown = auth.post(path, body(path, "nobody@example.com")).send().await;
        assert_eq!(seen(&known), seen(&unknown), "{path}");
    }
}

/// However long a decision takes, nobody waits for it: here the account is locked by somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_does_not_wait_for_what_is_done_for_a_known_address() {
    let auth = Auth::start().await;
    auth.register(KNOWN).await.expect(202);
    let mut conn = auth.service.db.conn().await.unwrap();
    for statement in ["BEGIN", "SELECT id FROM users FOR UPDATE"] {
        diesel::sql_query(statement).execute(&mut *conn).await.unwrap();
    }
    for path in ["/api/auth/register", "/api/auth/password/forgot", "/api/auth/verify-email/resend"] {
        auth.post(path, body(path, KNOWN)).send().await.expect(202);
    }
    assert_eq!(auth.ordered_mails().await.len(), 1, "nothing was decided");
    diesel::sql_query("ROLLBACK").execute(&mut *conn).await.unwrap();
    auth.service.run_jobs().await;
    assert_eq!(auth.ordered_mails().await.len(), 3, "and nothing was forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_process_died_before_it_was_decided_is_decided() {
    let auth = Auth::start().await;
    let form = json!({
        "kind": "account", "email": KNOWN, "name": "Ada", "role": "customer", "password_hash": "$argon2id$", "asked_from": null,
    });
    let broken = json!({"kind": "account"});
    let mut conn = auth.service.db.conn().await.unwrap();
    for request in [broken, form] {
        let statement = format!("INSERT INTO intake (request, asked_at) VALUES ('{request}', '2027-03-01T09:00:00Z')");
        diesel::sql_query(statement).execute(&mut *conn).await.unwrap();
    }
    auth.service.run_jobs().await;
    assert_eq!(auth.ordered_mails().await.len(), 1, "what cannot be decided keeps nobody waiting");
    auth.service.advance_secs(25 * 3600).await;
    let left = diesel::sql_query("DELETE FROM intake").execute(&mut *conn).await.unwrap();
    assert_eq!(left, 0, "and is given up in the end");
}

/// Full size in the soak run only: it takes minutes, and a busy machine says nothing about time.
#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_addresses_take_the_same_time() {
    let full = std::env::var("ROOMTONE_SOAK").is_ok_and(|soak| soak == "full");
    let rounds = if full { 250 } else { 3 };
    let auth = Auth::start().await;
    auth.person(KNOWN).await;
    for path in ASKED {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            // Taken in turns, first one and then the other, so that whatever else goes on meets both alike.
            let stranger = format!("nobody{round}@example.com");
            let order = if round % 2 == 0 { [KNOWN, &stranger] } else { [&stranger, KNOWN] };
            for email in order {
                let times = if email == KNOWN { &mut known } else { &mut unknown };
                times.push(time(&auth, path, email).await);
            }
        }
        if full {
            assert_alike(path, &mut known, &mut unknown);
        }
    }
}

async fn time(auth: &Auth, path: &str, email: &str) -> Duration {
    let request = auth.post(path, body(path, email));
    let start = Instant::now();
    let answer = request.send().await;
    let taken = start.elapsed();
    assert!([202, 401].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
    taken
}

/// A rank test (Mann and Whitney) cannot tell the two apart: |z| below 4 fails by chance once in 16,000 runs, and noise
/// that meets both alike does not move it. Differences below half a millisecond drown in any network.
fn assert_alike(path: &str, known: &mut [Duration], unknown: &mut [Duration]) {
    known.sort();
    unknown.sort();
    let (a, b) = (known[known.len() / 2], unknown[unknown.len() / 2]);
    let z = rank_statistic(known, unknown);
    let alike = z.abs() < 4.0 || a.abs_diff(b) < Duration::from_micros(500);
    assert!(alike, "{path}: z = {z:.1}, medians {a:?} known and {b:?} unknown");
}

/// The test sees what it is for: two milliseconds in forty, under noise of ten.
#[test]
fn a_difference_in_time_would_be_seen() {
    let times = |extra: u64| -> Vec<Duration> {
        (0..250).map(|round| Duration::from_micros(40_000 + extra + round * 7919 % 10_000)).collect()
    };
    assert!(rank_statistic(&times(2_000), &times(0)) > 4.0);
    assert!(rank_statistic(&times(0), &times(0)).abs() < 1.0);
}

/// How many standard deviations the number of pairs in which the known address took longer is from one half.
fn rank_statistic(known: &[Duration], unknown: &[Duration]) -> f64 {
    let pairs = known.iter().flat_map(|a| unknown.iter().map(move |b| f64::from(u8::from(a > b))));
    let (n, m) = (known.len() as f64, unknown.len() as f64);
    (pairs.sum::<f64>() - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}
