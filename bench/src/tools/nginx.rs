//! nginx as a plain proxy: a process of our own with its configuration, prefix and port.

use std::{path::Path, process::Command, time::Duration};

use testkit::free_address;

use super::Started;

/// A running proxy.
#[derive(Debug)]
pub struct Nginx {
    pub url: String,
    _process: Started,
}

/// As fast as a plain proxy gets: connections to both sides stay open, no log line is written.
const CONFIGURATION: &str = include_str!("nginx.conf");

/// Starts nginx before the service at `upstream` (`http://host:port`) and waits until it accepts connections.
pub async fn nginx(dir: &Path, upstream: &str) -> anyhow::Result<Nginx> {
    let dir = dir.join("nginx");
    std::fs::create_dir_all(&dir)?;
    let address = free_address().to_string();
    let configuration =
        CONFIGURATION.replace("LISTEN", &address).replace("UPSTREAM", upstream.trim_start_matches("http://"));
    let file = dir.join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut command = Command::new(program());
    command.arg("-p").arg(&dir).arg("-c").arg(&file).args(["-e", "stderr"]);
    let mut process = Started::start("nginx", &dir, &mut command)?;
    let url = format!("http://{address}");
    let client = reqwest::Client::builder().no_proxy().build()?;
    process.wait_for_200(&client, &format!("{url}/health/live"), Duration::from_secs(10)).await?;
    Ok(Nginx { url, _process: process })
}

/// Debian keeps it out of an ordinary user's PATH.
pub fn program() -> &'static str {
    let usual = "/usr/sbin/nginx";
    if Path::new(usual).exists() { usual } else { "nginx" }
}
