//! Settings of messaging. In production mail goes out by SMTP over TLS and every link in it is https; in development
//! it goes into the sandbox's mailbox unless a server is named.

use std::sync::Arc;

use anyhow::{Context, ensure};
use mail::{MailConfig, Mailer, SmtpConfig, SmtpTls};
use secrecy::SecretString;
use service_kit::Source;

/// What messaging is told.
#[derive(Debug, Clone)]
pub struct MessagingConfig {
    /// Where links in mails lead, without a trailing slash; https in production.
    pub public_url: String,
}

impl MessagingConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        Ok(Self { public_url: source.public_url()? })
    }

    /// The way mails take: `smtp_host` (with `smtp_port`, `smtp_username`, `smtp_password`, `smtp_tls`), or the
    /// sandbox. `mail_from` is the sender.
    pub fn mailer(source: &Source, sandbox_url: &str) -> anyhow::Result<Arc<dyn Mailer>> {
        let mailer = mail::mailer(mail_config(source, sandbox_url)?)?;
        mailer.context("ROOMTONE_SMTP_HOST is not set")
    }
}

fn mail_config(source: &Source, sandbox_url: &str) -> anyhow::Result<MailConfig> {
    let production = !source.environment().is_development();
    let smtp = smtp_config(source)?;
    if let Some(smtp) = &smtp {
        ensure!(!production || smtp.tls != SmtpTls::None, "ROOMTONE_SMTP_TLS must not be none in production");
    }
    let mailbox_url = match (production, &smtp) {
        (false, None) => Some(format!("{sandbox_url}/sandbox/mailbox").parse().context("the sandbox's address")?),
        _ => None,
    };
    let from = match production {
        true => source.require("mail_from")?,
        false => source.get_or("mail_from", MailConfig::default().from)?,
    };
    Ok(MailConfig { from, smtp, mailbox_url })
}

/// Milliseconds one attempt may take; far below the lease of a claimed mail.
const SMTP_TIMEOUT_MS: u64 = 20_000;

fn smtp_config(source: &Source) -> anyhow::Result<Option<SmtpConfig>> {
    let Some(host) = source.get("smtp_host")? else { return Ok(None) };
    Ok(Some(SmtpConfig {
        host,
        port: source.get("smtp_port")?,
        username: source.get("smtp_username")?,
        password: source.get::<String>("smtp_password")?.map(SecretString::from),
        tls: source.get_or("smtp_tls", SmtpTls::default())?,
        timeout_ms: SMTP_TIMEOUT_MS,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(pairs: &[(&str, &str)]) -> Source {
        Source::from_pairs(pairs.iter().copied()).unwrap()
    }

    #[test]
    fn production_sends_by_smtp_over_tls_or_not_at_all() {
        let sender = ("mail_from", "Roomtone <no-reply@roomtone.example>");
        let config = |pairs: &[(&str, &str)]| mail_config(&source(pairs), "http://127.0.0.1:8090");
        assert!(config(&[sender]).unwrap().mailbox_url.is_none(), "never the sandbox");
        assert!(config(&[("smtp_host", "mail.example.com")]).is_err(), "a sender is needed");
        assert!(config(&[sender, ("smtp_host", "mail.example.com"), ("smtp_tls", "none")]).is_err());
        let secured =
            config(&[sender, ("smtp_host", "mail.example.com"), ("smtp_port", "465"), ("smtp_tls", "wrapped")]);
        assert_eq!(secured.unwrap().smtp.unwrap().port, Some(465));
        assert!(MessagingConfig::mailer(&source(&[sender]), "http://127.0.0.1:8090").is_err());
    }

    #[test]
    fn links_in_production_are_https() {
        assert!(MessagingConfig::load(&source(&[("public_url", "http://roomtone.example")])).is_err());
        assert!(MessagingConfig::load(&source(&[])).is_err());
        assert!(MessagingConfig::load(&source(&[("public_url", "https://roomtone.example/")])).is_ok());
    }

    #[test]
    fn development_uses_the_sandbox_unless_a_server_is_named() {
        let development = mail_config(&source(&[("env", "development")]), "http://127.0.0.1:8090").unwrap();
        assert_eq!(development.mailbox_url.unwrap().as_str(), "http://127.0.0.1:8090/sandbox/mailbox");
        let named = [("env", "development"), ("smtp_host", "localhost"), ("smtp_tls", "none")];
        assert!(mail_config(&source(&named), "http://127.0.0.1:8090").unwrap().mailbox_url.is_none());
    }
}
