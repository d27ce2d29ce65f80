//! Fetching somebody else's calendar. The address is a stranger's wish, so it leads nowhere that only we can reach: every
//! address that its name has is checked, the connection goes to a checked one, and so does every redirect.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use futures_util::StreamExt;
use url::Url;

/// A calendar is smaller.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_REDIRECTS: usize = 3;

/// Why a calendar could not be fetched. Its text is shown to whoever imports it, so it tells nothing about our networks.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the address is not allowed")]
    Forbidden,
    #[error("the server cannot be reached")]
    Unreachable(#[source] Option<reqwest::Error>),
    #[error("the server answered {0}")]
    Status(u16),
    #[error("the server redirects too often")]
    TooManyRedirects,
    #[error("the calendar is too large")]
    TooLarge,
    #[error("the calendar is not text")]
    NotText,
}

/// Where calendars may be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// `https` to public addresses only.
    Public,
    /// Anywhere, for development.
    Anywhere,
}

/// An address as clients write it: `webcal` is `https`. `None` for what cannot be one.
pub fn parse_url(text: &str, reach: Reach) -> Option<Url> {
    let text = text.trim();
    let with_scheme = match text.strip_prefix("webcal://") {
        Some(rest) => format!("https://{rest}"),
        None => text.to_owned(),
    };
    let url: Url = with_scheme.parse().ok()?;
    is_allowed(&url, reach).then_some(url)
}

fn is_allowed(url: &Url, reach: Reach) -> bool {
    let is_web = url.scheme() == "https" || (reach == Reach::Anywhere && url.scheme() == "http");
    let is_usual = url.port().is_none() || reach == Reach::Anywhere;
    is_web && is_usual && url.host().is_some() && url.username().is_empty() && url.password().is_none()
}

pub async fn fetch(url: &Url, reach: Reach) -> Result<String, FetchError> {
    let fetched = tokio::time::timeout(TIMEOUT, follow(url.clone(), reach)).await;
    fetched.unwrap_or(Err(FetchError::Unreachable(None)))
}

async fn follow(mut url: Url, reach: Reach) -> Result<String, FetchError> {
    for _ in 0..=MAX_REDIRECTS {
        let response = get(&url, reach).await?;
        let status = response.status();
        if status.is_redirection() {
            let location = response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
            url = location.and_then(|location| url.join(location).ok()).ok_or(FetchError::Status(status.as_u16()))?;
            continue;
        }
        if !status.is_success() {
            return Err(FetchError::Status(status.as_u16()));
        }
        return read(response).await;
    }
    Err(FetchError::TooManyRedirects)
}

/// One request, to an address that was checked: the name is not asked for again.
async fn get(url: &Url, reach: Reach) -> Result<reqwest::Response, FetchError> {
    if !is_allowed(url, reach) {
        return Err(FetchError::Forbidden);
    }
    let host = url.host_str().ok_or(FetchError::Forbidden)?;
    let port = url.port_or_known_default().ok_or(FetchError::Forbidden)?;
    let looked_up = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
    let addresses: Vec<SocketAddr> = looked_up.map_err(|_| FetchError::Unreachable(None))?.collect();
    if reach == Reach::Public && !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(FetchError::Forbidden);
    }
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .resolve_to_addrs(host, &addresses)
        .user_agent("Roomtone")
        .build()
        .map_err(|error| FetchError::Unreachable(Some(error)))?;
    let request = client.get(url.clone()).header(reqwest::header::ACCEPT, "text/calendar");
    request.send().await.map_err(|error| FetchError::Unreachable(Some(error)))
}

async fn read(response: reqwest::Response) -> Result<String, FetchError> {
    let (mut body, mut chunks) = (Vec::new(), response.bytes_stream());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| FetchError::Unreachable(Some(error)))?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| FetchError::NotText)
}

/// False for every address of the special-purpose registries of RFC 6890 that is not globally reachable.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

/// Only global unicast (2000::/3), and of that nothing which leads to an IPv4 address or is set aside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_set_aside = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || a == 0x3fff;
    a & 0xe000 == 0x2000 && !is_set_aside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.5",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn addresses_are_of_the_web_without_a_password_or_a_port() {
        let public = |text| parse_url(text, Reach::Public).map(|url| url.to_string());
        assert_eq!(public("webcal://example.com/a.ics").as_deref(), Some("https://example.com/a.ics"));
        assert_eq!(public(" https://example.com/a.ics ").as_deref(), Some("https://example.com/a.ics"));
        for refused in [
            "http://example.com/a.ics",
            "https://user:pass@example.com/",
            "https://example.com:8443/",
            "file:///etc/passwd",
            "ftp://example.com/",
            "example.com/a.ics",
            "",
        ] {
            assert_eq!(public(refused), None, "{refused}");
        }
        assert!(parse_url("http://127.0.0.1:9000/a.ics", Reach::Anywhere).is_some());
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused() {
        for home in ["https://localhost/a.ics", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"] {
            let fetched = fetch(&home.parse().unwrap(), Reach::Public).await;
            assert!(matches!(fetched, Err(FetchError::Forbidden)), "{home}: {fetched:?}");
        }
    }
}
