//! Mail into the development sandbox, where people and tests read it.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, StatusCode};
use serde::Serialize;
use url::Url;

use crate::{ConfigError, Mail, MailError, Mailer, config::is_loopback};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts each mail as JSON to the mailbox, which keeps one per id.
#[derive(Debug)]
pub struct MailboxMailer {
    client: Client,
    url: Url,
}

impl MailboxMailer {
    /// `url` is the mailbox itself, `http://127.0.0.1:8090/sandbox/mailbox`. Another machine's is refused, because
    /// mails carry one-time tokens.
    pub fn new(url: Url) -> Result<Self, ConfigError> {
        if !url.host_str().is_some_and(is_loopback) {
            return Err(ConfigError::PublicMailbox);
        }
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build();
        Ok(Self { client: client.map_err(|error| ConfigError::Client(error.to_string()))?, url })
    }
}

/// What the mailbox reads.
#[derive(Serialize)]
struct MailboxMail<'m> {
    id: &'m str,
    to: &'m str,
    subject: &'m str,
    text: &'m str,
    html: Option<&'m str>,
}

#[async_trait]
impl Mailer for MailboxMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let Mail { id, to, subject, text, html } = mail;
        let body = MailboxMail { id, to, subject, text, html: html.as_deref() };
        let answer = self.client.post(self.url.clone()).json(&body).send().await;
        let status = answer.map_err(|_| MailError::Transient("the mailbox is out of reach".to_owned()))?.status();
        classify(status)
    }
}

fn classify(status: StatusCode) -> Result<(), MailError> {
    let detail = format!("the mailbox answered {status}");
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(MailError::Transient(detail)),
        _ if status.is_client_error() => Err(MailError::Permanent(detail)),
        _ => Err(MailError::Transient(detail)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mailbox_on_this_machine_is_taken() {
        for (url, taken) in [
            ("http://127.0.0.1:8090/sandbox/mailbox", true),
            ("http://[::1]:8090/sandbox/mailbox", true),
            ("http://localhost:8090/sandbox/mailbox", true),
            ("https://example.com/sandbox/mailbox", false),
            ("http://10.0.0.1/sandbox/mailbox", false),
        ] {
            assert_eq!(MailboxMailer::new(url.parse().unwrap()).is_ok(), taken, "{url}");
        }
    }

    #[test]
    fn statuses_tell_whether_another_attempt_helps() {
        for (status, transient) in [(400, false), (413, false), (422, false), (408, true), (429, true), (503, true)] {
            let error = classify(StatusCode::from_u16(status).unwrap()).unwrap_err();
            assert_eq!(error.is_transient(), transient, "{status}");
        }
        assert_eq!(classify(StatusCode::CREATED), Ok(()));
    }

    #[test]
    fn neither_body_nor_address_is_printed() {
        let mail = Mail {
            id: "msg_1".into(),
            to: "ada@example.com".into(),
            subject: "secret".into(),
            text: "secret".into(),
            html: Some("secret".into()),
        };
        let printed = format!("{mail:?}");
        assert!(printed.contains("msg_1") && !printed.contains("secret") && !printed.contains("ada"), "{printed}");
    }

    #[tokio::test]
    async fn smtp_goes_before_the_mailbox_and_neither_is_off() {
        let section = |value| serde_json::from_value::<crate::MailConfig>(value).unwrap();
        let mailbox = "http://127.0.0.1:8090/sandbox/mailbox";
        let off = crate::mailer(section(serde_json::json!({}))).unwrap();
        assert!(off.is_none());
        let caught = crate::mailer(section(serde_json::json!({"mailbox_url": mailbox}))).unwrap().unwrap();
        assert!(format!("{caught:?}").starts_with("MailboxMailer"));
        let smtp = serde_json::json!({"mailbox_url": mailbox, "smtp": {"host": "mail.example.com"}});
        assert!(format!("{:?}", crate::mailer(section(smtp)).unwrap().unwrap()).starts_with("SmtpMailer"));
    }
}
