//! pgbench: the same SQL from PostgreSQL's own client, as the limit of what a service on this server could do.

use std::{env, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::output;
use crate::{load::Throughput, run::Run};

/// A custom script with its variables, which it sees as `:name`.
#[derive(Debug)]
pub struct Script<'a> {
    pub name: &'a str,
    pub sql: &'a str,
    pub variables: &'a [(&'a str, i64)],
}

/// Runs the script in a database, with prepared statements as the services have them. Knows no percentiles.
pub async fn pgbench(
    run: &Run,
    database: &str,
    script: &Script<'_>,
    clients: usize,
    time: Duration,
) -> anyhow::Result<Throughput> {
    let file = run.dir.join(format!("{}.sql", script.name));
    std::fs::write(&file, script.sql)?;
    let threads = clients.min(std::thread::available_parallelism()?.get());
    let mut command = Command::new(program());
    command
        .envs(run.postgres.environment(database))
        .args(["--no-vacuum", "--protocol", "prepared"])
        .args(["--client", &clients.to_string()])
        .args(["--jobs", &threads.to_string()])
        .args(["--time", &time.as_secs().to_string()])
        .arg("--file")
        .arg(&file);
    for (name, value) in script.variables {
        command.args(["--define", &format!("{name}={value}")]);
    }
    parse(&output(&mut command).await?)
}

fn parse(text: &str) -> anyhow::Result<Throughput> {
    // A client that meets an error goes on without its share of the load.
    ensure!(!text.contains("aborted"), "pgbench did not run to its end:\n{text}");
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next());
    let rate = rate.with_context(|| format!("no rate in pgbench's answer:\n{text}"))?;
    Ok(Throughput { per_second: rate.parse()?, p50: None, p99: None })
}

/// In PATH, or among the server's programs, where Debian keeps those of each version.
pub fn program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).map(|dir| dir.join("pgbench")).find(|file| file.exists());
    let beside_server = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let files = versions.flatten().map(|version| version.path().join("bin/pgbench"));
        files.filter(|file| file.exists()).max()
    };
    in_path.or_else(beside_server).unwrap_or_else(|| PathBuf::from("pgbench"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "pgbench (15.18 (Debian 15.18-0+deb12u1))
transaction type: booking.sql
number of transactions actually processed: 2500
number of failed transactions: 0 (0.000%)
latency average = 3.200 ms
initial connection time = 12.345 ms
tps = 2499.123456 (without initial connection time)
";

    #[test]
    fn the_rate_is_found() {
        assert_eq!(parse(ANSWER).unwrap().per_second, 2_499.123_456);
    }

    #[test]
    fn a_run_that_lost_clients_is_no_baseline() {
        let lost = format!("pgbench: error: client 3 script 0 aborted in command 5 query 0\n{ANSWER}");
        assert!(parse(&lost).is_err());
    }
}
