//! Identity under attack and under way: keys rotate while people work, and nobody gets past the gateway.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use auth::keys::{Sealer, rotate_keys};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use testkit::TestRequest;

use crate::support::{Layout, Person, TestPlatform};

const CLIENTS: usize = 8;

async fn published(platform: &TestPlatform) -> usize {
    let keys = platform.get("/.well-known/jwks.json").send().await.expect(200);
    keys["keys"].as_array().unwrap().len()
}

/// Reads, and now and then refreshes, until told to stop. Any answer but 200 fails.
async fn work(platform: &TestPlatform, mut person: Person, stop: &AtomicBool, done: &AtomicUsize) {
    while !stop.load(Ordering::Relaxed) {
        for path in ["/api/auth/me", "/api/bookings/my", "/api/companies"] {
            person.get(platform, path).send().await.expect(200);
        }
        let body = json!({"refresh_token": person.refresh_token});
        let tokens = platform.post("/api/auth/refresh").json(body).send().await.expect(200);
        person.token = tokens["access_token"].as_str().unwrap().to_owned();
        person.refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_a_failed_request_under_load() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let people = join_all((0..CLIENTS).map(|_| Person::register(&platform, "Ada", "customer"))).await;
    let (stop, done) = (AtomicBool::new(false), Arc::new(AtomicUsize::new(0)));
    let working = join_all(people.into_iter().map(|person| work(&platform, person, &stop, &done)));
    let rounds = async |more: usize| {
        let target = done.load(Ordering::Relaxed) + more;
        testkit::eventually("the clients go on", async || (done.load(Ordering::Relaxed) >= target).then_some(())).await;
    };
    let rotating = async {
        let sealer = Sealer::from_source(&platform.source).unwrap();
        for rotation in 1..=3 {
            rounds(CLIENTS).await;
            let now = kernel::clock::real_now();
            rotate_keys(&platform.db("auth"), &sealer, now).await.unwrap();
            rounds(CLIENTS).await;
            // The running process notices by its job, and signs with the new key.
            platform.advance_secs(1).await;
            rounds(CLIENTS).await;
            assert_eq!(published(&platform).await, 2 + rotation, "what is retiring still verifies");
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(working, rotating);
    platform.stop().await;
}

/// One path of each service that asks who is there, and internal ones.
const DOORS: [(&str, Method, &str); 11] = [
    ("auth", Method::GET, "/api/auth/me"),
    ("auth", Method::GET, "/api/companies"),
    ("auth", Method::POST, "/internal/identity-tokens"),
    ("auth", Method::GET, "/api/user/me"),
    ("booking", Method::GET, "/api/bookings/my"),
    ("booking", Method::POST, "/api/countries"),
    ("billing", Method::GET, "/api/payments"),
    ("ledger", Method::GET, "/api/wallets/me"),
    ("ledger", Method::GET, "/api/admin/ledger/trial-balance"),
    ("webhook", Method::GET, "/api/admin/webhook-events"),
    ("auth", Method::POST, "/internal/service-tokens"),
];

/// Every way to say that one is somebody, but for a token that auth has signed.
fn forged(user: &str) -> Vec<(&'static str, String)> {
    let mut headers: Vec<(&str, String)> = [
        "x-user-id",
        "x_user_id",
        "x-user",
        "x-roomtone-user",
        "x-roomtone-identity",
        "x-authenticated-userid",
        "x-forwarded-user",
        "remote-user",
    ]
    .map(|name| (name, user.to_owned()))
    .to_vec();
    for name in ["x-user-role", "x-role", "x-platform-role", "x-roomtone-role"] {
        headers.push((name, "admin".to_owned()));
    }
    for name in ["x-internal-service", "x-service", "x-caller", "x-internal-token"] {
        headers.push((name, "gateway".to_owned()));
    }
    headers.extend([("x-forwarded-for", "127.0.0.1".to_owned()), ("x-email-verified", "true".to_owned())]);
    headers
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_reaches_a_service_directly_is_taken_for_somebody() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let ada = Person::register(&platform, "Ada", "customer").await;
    for (service, method, path) in DOORS {
        let base: String = platform.source.require(&format!("{service}_url")).unwrap();
        let request = || {
            let request = TestRequest::new(&platform.client, method.clone(), format!("{base}{path}"));
            if method == Method::POST { request.json(json!({})) } else { request }
        };
        let mut anonymous = request();
        for (name, value) in forged(&ada.id) {
            anonymous = anonymous.header(name, &value);
        }
        // The access token is good at the gateway, and nowhere else.
        for (kind, attempt) in [("forged headers", anonymous), ("an access token", request().bearer(&ada.token))] {
            let answer = attempt.send().await;
            let refused = answer.status == 401 || (path == "/internal/service-tokens" && answer.status == 422);
            assert!(refused, "{kind} at {service} {path}: {} {}", answer.status, answer.text);
        }
    }
    platform.stop().await;
}
