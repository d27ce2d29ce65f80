//! Services that can be stopped.

use testkit::eventually;

use crate::support::{Layout, Scene, TestPlatform};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_and_exits_cleanly() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    for service in ["gateway", "booking", "ledger", "auth"] {
        let status = platform.processes().terminate(service);
        assert!(status.success(), "{service} ended with {status}");
    }
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
    assert_eq!(platform.get("/api/health").send().await.status, 503);
    scene.customer.get(&platform, "/api/auth/me").send().await.expect(200);

    platform.database("ledger").come_back().await;
    eventually("readiness comes back", || async { (status("/health/ready").await == 200).then_some(()) }).await;
}
