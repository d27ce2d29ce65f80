//! The programs the platform is compared with, and those that put load on it.

mod cala;
mod meter;
mod nginx;
mod pgbench;
mod process;
mod stripe;
mod wrk;

pub use cala::{Cala, CalaLoad, version as cala_version};
pub use meter::Meter;
pub use nginx::{nginx, program as nginx_program};
pub use pgbench::{Script, pgbench, program as pgbench_program};
pub use process::Started;
pub use stripe::{Stripe, success};
pub use wrk::wrk;

use anyhow::{Context, ensure};
use tokio::process::Command;

/// Runs a program to its end and answers what it wrote. It is killed when nobody waits for it any more.
pub async fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("{name} could not be started: `just bench` installs it"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {text}");
    Ok(text)
}
