//! Services that can be stopped.

use futures_util::stream;
use serde_json::json;
use testkit::eventually;

use crate::support::{Layout, PASSWORD, Person, Scene, TestPlatform};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_and_exits_cleanly() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    for service in ["gateway", "booking", "ledger", "auth"] {
        let status = platform.processes().terminate(service).wait().unwrap();
        assert!(status.success(), "{service} ended with {status}");
    }
}

/// Load balancers are told first; whoever is in the middle of a request gets its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_sigterm_finds_half_sent_ends_well() {
    let platform = TestPlatform::start_with(Layout::SeparateProcesses, &[("drain_delay_secs", "3")]).await;
    let ada = Person::register(&platform, "Ada", "customer").await;
    let body = json!({"email": ada.email, "password": PASSWORD}).to_string().into_bytes();
    let (first, rest) = body.split_at(10);
    let (sender, mut parts) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
    let slow = stream::poll_fn(move |cx| parts.poll_recv(cx).map(|part| part.map(Ok::<_, std::io::Error>)));
    let login = platform.post("/api/auth/login").raw("application/json", reqwest::Body::wrap_stream(slow));
    let login = tokio::spawn(login.send());
    sender.send(first.to_vec()).await.unwrap();
    // Taken means sent: the channel holds one part only.
    sender.reserve().await.unwrap();

    let mut gateway = platform.processes().terminate("gateway");
    let ready = || testkit::client().get(format!("{}/health/ready", platform.url));
    eventually("readiness fails before the door is closed", || async {
        (ready().send().await.unwrap().status() == 503).then_some(())
    })
    .await;
    eventually("nobody new is let in", || async { ready().send().await.is_err().then_some(()) }).await;
    sender.send(rest.to_vec()).await.unwrap();
    drop(sender);
    assert_eq!(login.await.unwrap().expect(200)["user"]["id"], ada.id);
    let status = gateway.wait().unwrap();
    assert!(status.success(), "the gateway ended with {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_the_database_and_liveness_does_not() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let scene = Scene::set(&platform).await;
    let ledger = platform.source.get::<String>("ledger_url").unwrap().unwrap();
    let status =
        async |path: &str| platform.client.get(format!("{ledger}{path}")).send().await.unwrap().status().as_u16();
    assert_eq!(status("/health/ready").await, 200);

    platform.database("ledger").go_away().await;
    eventually("readiness fails", || async { (status("/health/ready").await == 503).then_some(()) }).await;
    assert_eq!(status("/health/live").await, 200);
    eventually("the platform says so", || async {
        (platform.get("/api/health").send().await.status == 503).then_some(())
    })
    .await;
    scene.customer.get(&platform, "/api/auth/me").send().await.expect(200);

    platform.database("ledger").come_back().await;
    eventually("readiness comes back", || async { (status("/health/ready").await == 200).then_some(()) }).await;
}
