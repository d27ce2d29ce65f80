//! The README's journey, as a newcomer pastes it.

use std::{path::Path, process::Command};

use crate::support::{Layout, TestPlatform};

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_journey_ends_with_a_confirmed_booking() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    roomtone::load_demo_data(&platform.source, &platform.url).await.unwrap();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let script = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned();
    let url = platform.url.clone();
    let run = move || Command::new("timeout").args(["60", "bash", "-eu", "-c", &script]).env("API", url).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with("is confirmed"), "{said}");
    // Loading the demo data again changes nothing.
    roomtone::load_demo_data(&platform.source, &platform.url).await.unwrap();
    platform.assert_healthy().await;
}
