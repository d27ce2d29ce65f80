//! A headless Chromium, steered through chromedriver (Debian's packages chromium and chromium-driver, which `./dev test`
//! brings along where it can).

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    process::Stdio,
};

use fantoccini::{Client, ClientBuilder, error::CmdError};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// Nothing but the pages that it is sent to. Root gets no sandbox from Chromium, and containers have a small /dev/shm.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
];

/// A chromedriver of our own; it ends with the value.
pub struct Driver {
    _process: Child,
    /// Kept open, or its next line would end it.
    _output: Lines<BufReader<ChildStdout>>,
    url: String,
}

/// `None` where there is none, which is said: the test is skipped.
pub async fn driver() -> Option<Driver> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = match command.spawn() {
        Ok(process) => process,
        Err(error) => {
            eprintln!("skipped: there is no browser (chromium and chromedriver): {error}");
            return None;
        }
    };
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = output.next_line().await.unwrap() {
        if let Some(port) = port_in(&line) {
            return Some(Driver { _process: process, _output: output, url: format!("http://127.0.0.1:{port}") });
        }
    }
    panic!("chromedriver ended before it listened");
}

/// Of the line that chromedriver is ready.
fn port_in(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

impl Driver {
    /// Opens a browser with an empty profile for a story, and closes it however the story ends.
    pub async fn visit(self, story: impl AsyncFnOnce(&Client) -> Result<(), CmdError>) {
        let profile = TempDir::new().unwrap();
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({"goog:chromeOptions": {"args": arguments}});
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let browser = builder.connect(&self.url).await.unwrap();
        let told = AssertUnwindSafe(story(&browser)).catch_unwind().await;
        browser.close().await.unwrap();
        told.unwrap_or_else(|panic| resume_unwind(panic)).unwrap();
    }
}
