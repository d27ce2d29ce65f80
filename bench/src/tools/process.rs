//! Programs that run beside us and end with the value that stands for them.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context, bail};

/// A started program. Dropping it asks it to end and waits until it has.
#[derive(Debug)]
pub struct Started {
    name: String,
    log: PathBuf,
    child: Child,
}

/// Longer than services take to drain.
const ENDS_WITHIN: Duration = Duration::from_secs(40);

impl Started {
    /// Starts the program with its output in `<dir>/<name>.log`.
    pub fn start(name: &str, dir: &Path, command: &mut Command) -> anyhow::Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child =
            command.spawn().with_context(|| format!("starting {name}: `just bench` installs what is missing"))?;
        Ok(Self { name: name.to_owned(), log, child })
    }

    /// Resident memory in megabytes.
    pub fn resident(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.with_context(|| format!("the status of {}", self.name))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// The most of it within so long.
    pub async fn most_resident(&self, time: Duration) -> anyhow::Result<f64> {
        let until = tokio::time::Instant::now() + time;
        let mut most = 0.0_f64;
        while tokio::time::Instant::now() < until {
            most = most.max(self.resident()?);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(most)
    }

    /// Fails with the end of its log when it has ended by itself.
    pub fn check(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        bail!("{} ended with {status}:\n{}", self.name, lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    /// Waits until the address answers 200.
    pub async fn wait_for_200(&mut self, client: &reqwest::Client, url: &str, at_most: Duration) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + at_most;
        loop {
            if client.get(url).send().await.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK) {
                return Ok(());
            }
            self.check()?;
            if tokio::time::Instant::now() > deadline {
                bail!("{} does not answer at {url}, see {}", self.name, self.log.display());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        signal("-TERM", self.child.id());
        let pid = self.child.id();
        let (ended, ends) = mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if ends.recv_timeout(ENDS_WITHIN) == Err(mpsc::RecvTimeoutError::Timeout) {
                signal("-KILL", pid);
            }
        });
        let _ = self.child.wait();
        drop(ended);
        let _ = watchdog.join();
    }
}

/// Only ever sent to a child that has not been waited for, whose number nobody else can have.
fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([name, &pid.to_string()]).status();
}
