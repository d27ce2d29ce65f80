//! cala-ledger, in a program of its own: it does not share the platform's dependencies.

use std::time::Duration;

use anyhow::Context;
use tokio::process::Command;

use super::output;
use crate::{load::Throughput, run::Run};

/// What its clients do.
#[derive(Debug, Clone, Copy)]
pub struct CalaLoad {
    pub clients: usize,
    pub accounts: u64,
    pub hot: bool,
    /// Transfers of a request.
    pub batch: u64,
}

/// cala-ledger with its accounts, in a database.
#[derive(Debug)]
pub struct Cala {
    program: std::path::PathBuf,
    url: String,
}

impl Cala {
    /// Makes the accounts in an empty database.
    pub async fn prepare(run: &Run, url: String, accounts: u64) -> anyhow::Result<Self> {
        let cala = Self { program: run.cala().await?.to_owned(), url };
        output(cala.command("prepare").args(["--accounts", &accounts.to_string()])).await?;
        Ok(cala)
    }

    /// The rate is that of transfers, the percentiles are those of requests.
    pub async fn post(&self, load: CalaLoad, time: Duration) -> anyhow::Result<Throughput> {
        let mut command = self.command("post");
        command
            .args(["--clients", &load.clients.to_string()])
            .args(["--accounts", &load.accounts.to_string()])
            .args(["--batch", &load.batch.to_string()])
            .args(["--seconds", &time.as_secs().to_string()]);
        if load.hot {
            command.arg("--hot");
        }
        parse(&output(&mut command).await?)
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.env("BENCH_CALA_DATABASE_URL", &self.url).arg(what);
        command
    }
}

/// The version that is compared with, as the program's manifest has it.
pub fn version() -> &'static str {
    let manifest = include_str!("../../cala/Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("cala-ledger = \"="));
    line.map_or("", |version| version.trim_end_matches('"'))
}

fn parse(text: &str) -> anyhow::Result<Throughput> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [per_second, p50, p99] = words[..] else { anyhow::bail!("no figures in cala-ledger's answer:\n{text}") };
    let micros = |text: &str| text.parse().map(Duration::from_micros).context("a percentile");
    Ok(Throughput { per_second: per_second.parse()?, p50: Some(micros(p50)?), p99: Some(micros(p99)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_program_says_is_understood() {
        let throughput = parse("1234.5 1500 20000\n").unwrap();
        assert_eq!(throughput.per_second, 1234.5);
        assert_eq!(throughput.p50, Some(Duration::from_micros(1500)));
        assert!(parse("1234.5 1500").is_err());
        assert!(parse("Error: a batch").is_err());
    }

    #[test]
    fn the_report_says_which_version_it_was() {
        assert!(version().starts_with("0."), "{}", version());
    }
}
