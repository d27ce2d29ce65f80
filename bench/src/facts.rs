//! The machine and the versions that the figures belong to.

use std::{fs, time::Duration};

use anyhow::Context;
use kernel::clock::real_now;
use reqwest::Url;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};

use crate::{run::Run, tools};

/// What a reader has to know to judge the figures.
#[derive(Debug)]
pub struct Facts {
    /// Names and values.
    pub lines: Vec<(&'static str, String)>,
    /// The commit that was measured, and whether it had changes.
    pub commit: String,
    /// When the run began.
    pub at: String,
}

pub async fn gather(run: &Run) -> anyhow::Result<Facts> {
    let cores = std::thread::available_parallelism()?;
    let show = async |setting: &str| {
        run.postgres.ask("postgres", &format!("SELECT current_setting('{setting}') AS value")).await
    };
    let mut settings = Vec::new();
    for name in ["fsync", "synchronous_commit", "wal_sync_method", "shared_buffers", "max_connections"] {
        settings.push(format!("{name} = {}", show(name).await?));
    }
    let lines = vec![
        ("processor", format!("{}, {cores} cores", field("/proc/cpuinfo", "model name"))),
        ("memory", memory()),
        (
            "load average before",
            fs::read_to_string("/proc/loadavg").map(|line| first_words(&line, 3)).unwrap_or_default(),
        ),
        (
            "system",
            format!("{}, {}", field("/etc/os-release", "PRETTY_NAME"), said(Command::new("uname").arg("-sr")).await),
        ),
        ("Rust", format!("{}, {}", said(Command::new("rustc").arg("--version")).await, profile())),
        ("PostgreSQL", format!("{}; {}", show("server_version").await?, settings.join(", "))),
        ("RabbitMQ", rabbitmq_version(&run.amqp_url).await?),
        ("nginx", said(Command::new(tools::nginx_program()).arg("-v")).await.replace("nginx version: nginx/", "")),
        (
            "load by",
            format!("{}; {}", wrk_version().await, said(Command::new(tools::pgbench_program()).arg("--version")).await),
        ),
    ];
    let at = real_now().strftime("%Y-%m-%d %H:%M UTC").to_string();
    Ok(Facts { lines, commit: commit().await, at })
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "DEBUG BUILD: figures for trying out only" } else { "release build" }
}

/// The value behind a name in a file of `name: value` or `name=value` lines; empty where there is none.
fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    });
    value.unwrap_or_default()
}

fn memory() -> String {
    let kilobytes: f64 = first_words(&field("/proc/meminfo", "MemTotal"), 1).parse().unwrap_or(f64::NAN);
    format!("{:.1} GiB", kilobytes / 1024.0 / 1024.0)
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

/// What a program says of itself in one line.
async fn said(command: &mut Command) -> String {
    let text = tools::output(command).await.unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// It tells its version when asked wrongly, and calls that a failure.
async fn wrk_version() -> String {
    let answer = Command::new("wrk").arg("--version").output().await;
    let text = answer.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default();
    first_words(&text, 2)
}

async fn commit() -> String {
    let commit = said(Command::new("git").args(["rev-parse", "--short=12", "HEAD"])).await;
    let changes = tools::output(Command::new("git").args(["status", "--porcelain", "--untracked-files=no"])).await;
    if changes.is_ok_and(|changes| !changes.is_empty()) { format!("{commit} with changes") } else { commit }
}

/// The broker names its version in the first frame of a connection (AMQP 0-9-1, section 1.4.2.1), before any login.
async fn rabbitmq_version(amqp_url: &str) -> anyhow::Result<String> {
    let url: Url = amqp_url.parse()?;
    let address = (url.host_str().context("a broker's host")?, url.port().unwrap_or(5672));
    let greeting = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"AMQP\0\0\x09\x01").await?;
        let mut frame = vec![0; 4096];
        let length = stream.read(&mut frame).await?;
        frame.truncate(length);
        std::io::Result::Ok(frame)
    };
    let frame = timeout(Duration::from_secs(10), greeting).await.context("the broker does not answer")??;
    Ok(server_property(&frame, "version").unwrap_or_else(|| "unknown".to_owned()))
}

/// A long string of the server properties: its name with a length byte, `S`, four bytes of length, the text.
fn server_property(frame: &[u8], name: &str) -> Option<String> {
    let mut key = vec![u8::try_from(name.len()).ok()?];
    key.extend_from_slice(name.as_bytes());
    key.push(b'S');
    let at = frame.windows(key.len()).position(|window| window == key)? + key.len();
    let (length, rest) = frame.get(at..)?.split_first_chunk::<4>()?;
    let text = rest.get(..u32::from_be_bytes(*length) as usize)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_version_is_read_from_its_greeting() {
        let frame =
            b"\x01\0\0\0\0\x01\xff\0\x0a\0\x0a\0\x09\x07productS\0\0\0\x08RabbitMQ\x07versionS\0\0\0\x063.10.8\xce";
        assert_eq!(server_property(frame, "version").as_deref(), Some("3.10.8"));
        assert_eq!(server_property(frame, "licence"), None);
        assert_eq!(server_property(b"\x07versionS\0\0\xff\xff3", "version"), None);
    }
}
