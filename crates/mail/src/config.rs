//! Where mail goes.

use std::net::IpAddr;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The `mail` section of a service's configuration. Without a server and without a mailbox, mail is off.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct MailConfig {
    /// The sender, with or without a name.
    pub from: String,
    pub smtp: Option<SmtpConfig>,
    /// The sandbox's mailbox, `http://127.0.0.1:8090/sandbox/mailbox`; only used without `smtp`.
    pub mailbox_url: Option<Url>,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self { from: "Roomtone <no-reply@roomtone.local>".to_owned(), smtp: None, mailbox_url: None }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct SmtpConfig {
    pub host: String,
    /// 587 for STARTTLS, 465 for TLS from the first byte (RFC 8314) unless given.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<SecretString>,
    #[serde(default)]
    pub tls: SmtpTls,
    /// How long one attempt may take, in milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, and no mail if the server does not offer it.
    #[default]
    Starttls,
    /// Plain text; only to this machine (a local catcher in development).
    None,
}

/// Why a configuration is refused; the service does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("`{0}` is not a mail address")]
    BadSender(String),
    #[error("mail without TLS is only sent to this machine, not to `{0}`")]
    PlainText(String),
    #[error("the mailbox must be on this machine")]
    PublicMailbox,
    #[error("the mail client could not be built: {0}")]
    Client(String),
}

fn default_timeout_ms() -> u64 {
    20_000
}

/// `localhost` or an address of the loopback network.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
