//! What every measurement is given: servers, pace, a place for its files and the command under test.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use tokio::sync::OnceCell;

use crate::{contest::Pace, servers::Postgres};

/// One run of the benchmarks.
#[derive(Debug)]
pub struct Run {
    pub postgres: Postgres,
    pub amqp_url: String,
    pub pace: Pace,
    /// Logs, configurations and scripts of what is started.
    pub dir: PathBuf,
    roomtone: OnceCell<PathBuf>,
    cala: OnceCell<PathBuf>,
}

impl Run {
    pub fn prepare(pace: Pace, roomtone: Option<PathBuf>, cala: Option<PathBuf>) -> anyhow::Result<Self> {
        let dir =
            env::var_os("ROOMTONE_BENCH_DIR").map_or_else(|| env::temp_dir().join("roomtone-bench"), PathBuf::from);
        std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        Ok(Self {
            postgres: Postgres::new(setting("ROOMTONE_BENCH_DATABASE_URL")?)?,
            amqp_url: setting("ROOMTONE_BENCH_AMQP_URL")?,
            pace,
            dir,
            roomtone: OnceCell::new_with(roomtone),
            cala: OnceCell::new_with(cala),
        })
    }

    /// The command under test, built when it is first asked for.
    pub async fn roomtone(&self) -> anyhow::Result<&Path> {
        self.roomtone.get_or_try_init(build_roomtone).await.map(PathBuf::as_path)
    }

    /// cala-ledger's program, built when it is first asked for.
    pub async fn cala(&self) -> anyhow::Result<&Path> {
        self.cala.get_or_try_init(build_cala).await.map(PathBuf::as_path)
    }
}

fn setting(name: &str) -> anyhow::Result<String> {
    env::var(name).with_context(|| format!("{name} is not set: run the benchmarks with `just bench`"))
}

/// The command from the same sources and with the same profile. We depend on all of it, so that there is nothing but
/// the command itself left to link.
async fn build_roomtone() -> anyhow::Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "bench", "--package", "roomtone"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    ensure!(build.status().await.context("running cargo")?.success(), "the roomtone command could not be built");
    let roomtone = env::current_exe()?.with_file_name("roomtone");
    ensure!(roomtone.exists(), "{} does not exist", roomtone.display());
    Ok(roomtone)
}

/// From its own workspace and lock file, into a folder beside ours.
async fn build_cala() -> anyhow::Result<PathBuf> {
    let profile_dir = env::current_exe()?.parent().map(Path::to_owned).context("a program is in a folder")?;
    let target = profile_dir.with_file_name("cala");
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked", "--release", "--manifest-path"]);
    build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("cala/Cargo.toml")).arg("--target-dir").arg(&target);
    ensure!(build.status().await.context("running cargo")?.success(), "bench/cala could not be built");
    Ok(target.join("release/bench-cala"))
}

fn cargo() -> tokio::process::Command {
    let mut cargo = tokio::process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.kill_on_drop(true);
    cargo
}
