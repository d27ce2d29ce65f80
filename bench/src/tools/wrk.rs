//! wrk: GET requests over connections that stay open, each sent when the last was answered.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::output;
use crate::load::Throughput;

/// Asks for `url` over so many connections for so long. One thread: it drives more than any contender answers, and
/// leaves the cores to them.
pub async fn wrk(url: &str, token: &str, connections: usize, time: Duration) -> anyhow::Result<Throughput> {
    let mut command = Command::new("wrk");
    command
        .args(["--threads", "1", "--latency"])
        .args(["--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .arg(url);
    parse(&output(&mut command).await?)
}

fn parse(text: &str) -> anyhow::Result<Throughput> {
    for trouble in ["Non-2xx", "Socket errors"] {
        ensure!(!text.contains(trouble), "not every request succeeded:\n{text}");
    }
    let after = |label: &str| {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(label));
        line.map(str::trim).with_context(|| format!("no {label} in wrk's answer:\n{text}"))
    };
    Ok(Throughput {
        per_second: after("Requests/sec:")?.parse()?,
        p50: Some(duration(after("50%")?)?),
        p99: Some(duration(after("99%")?)?),
    })
}

/// `85.00us`, `1.20ms`, `2.01s`.
fn duration(text: &str) -> anyhow::Result<Duration> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => anyhow::bail!("{text} is no duration of wrk's"),
    };
    let number: f64 = text[..text.len() - unit.len()].parse()?;
    Ok(Duration::from_secs_f64(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "Running 1s test @ http://127.0.0.1:23456/
  1 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    64.81us  193.17us   5.39ms   99.21%
    Req/Sec    55.55k     3.46k   59.23k    70.00%
  Latency Distribution
     50%   50.00us
     75%   58.00us
     90%   69.00us
     99%    1.39ms
  55225 requests in 1.00s, 7.85MB read
Requests/sec:  55062.40
Transfer/sec:      7.82MB
";

    #[test]
    fn the_distribution_is_read_in_its_units() {
        let expected = Throughput {
            per_second: 55062.40,
            p50: Some(Duration::from_micros(50)),
            p99: Some(Duration::from_micros(1390)),
        };
        assert_eq!(parse(ANSWER).unwrap(), expected);
    }

    #[test]
    fn refused_requests_are_not_counted_as_throughput() {
        let refused = ANSWER.replace("Requests/sec", "  Non-2xx or 3xx responses: 12\nRequests/sec");
        assert!(parse(&refused).is_err());
        let cut =
            ANSWER.replace("Requests/sec", "  Socket errors: connect 0, read 4, write 0, timeout 0\nRequests/sec");
        assert!(parse(&cut).is_err());
    }
}
