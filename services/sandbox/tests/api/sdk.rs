//! The providers' own clients against the sandbox: what ours understands of it may be a misunderstanding of both.
//!
//! They are installed from PyPI into `.roomtone/tools`, once per version; where that is not possible the test says so
//! and is skipped.

use std::{path::PathBuf, process::Output};

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use crate::harness::TestSandbox;

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_own_clients_pay_refund_and_believe_the_webhooks() {
    let python = match python_with_clients().await {
        Ok(python) => python,
        Err(why) => {
            eprintln!("skipped: the providers' clients are not to be had: {why}");
            return;
        }
    };
    let sandbox = TestSandbox::start().await;
    let script = own_folder().join("journey.py");
    let source = &sandbox.platform.source;
    let secret = |name: &str| source.secret(name).unwrap().expose_secret().to_owned();
    let ran = Command::new(python)
        .arg(script)
        .args([&sandbox.url, &sandbox.hook.url])
        .env("STRIPE_WEBHOOK_SECRET", secret("stripe_webhook_secret"))
        .env("SQUARE_SIGNATURE_KEY", secret("square_webhook_signature_key"))
        .env("SQUARE_NOTIFICATION_URL", format!("{}/webhooks/square", source.public_url().unwrap()))
        .output()
        .await
        .unwrap();
    assert!(ran.status.success(), "{}\n{}", text(&ran.stdout), text(&ran.stderr));
    assert_eq!(text(&ran.stdout).lines().filter(|line| line.ends_with(": ok")).count(), 4);
}

fn own_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The interpreter of an environment that has the pinned clients. A marker is written last, so that an installation that
/// was cut off is begun anew.
async fn python_with_clients() -> Result<PathBuf, String> {
    let requirements = own_folder().join("requirements.txt");
    let pinned = std::fs::read(&requirements).map_err(|error| error.to_string())?;
    let version = hex::encode(&Sha256::digest(&pinned)[..6]);
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.roomtone/tools");
    let folder = tools.join(format!("provider-sdks-{version}"));
    let (python, marker) = (folder.join("bin/python"), folder.join("installed"));
    if marker.exists() {
        return Ok(python);
    }
    std::fs::create_dir_all(&tools).map_err(|error| error.to_string())?;
    succeeded(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).output().await)?;
    // Offline it should not take long to find out.
    let patience = ["--retries", "1", "--timeout", "10"];
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    succeeded(Command::new(&python).args(install).arg(&requirements).args(patience).output().await)?;
    std::fs::write(marker, version).map_err(|error| error.to_string())?;
    Ok(python)
}

fn succeeded(ran: std::io::Result<Output>) -> Result<(), String> {
    match ran {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(text(&output.stderr).lines().last().unwrap_or("no reason was given").to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
