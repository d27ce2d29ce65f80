//! Mail by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
    transport::smtp::{AsyncSmtpTransportBuilder, authentication::Credentials, response::Severity},
};
use secrecy::ExposeSecret;

use crate::{ConfigError, Mail, MailError, Mailer, SmtpConfig, SmtpTls, config::is_loopback};

/// Sends through one server with pooled connections.
pub struct SmtpMailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpMailer {
    /// Must be called on a tokio runtime: the pool of connections starts a task of its own.
    pub fn new(from: &str, config: &SmtpConfig) -> Result<Self, ConfigError> {
        let from = from.parse().map_err(|_| ConfigError::BadSender(from.to_owned()))?;
        let mut builder = builder(config)?.timeout(Some(Duration::from_millis(config.timeout_ms)));
        if let Some(port) = config.port {
            builder = builder.port(port);
        }
        if let (Some(username), Some(password)) = (&config.username, &config.password) {
            builder = builder.credentials(Credentials::new(username.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { from, transport: builder.build() })
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let to: Mailbox = mail.to.parse().map_err(|_| permanent("the address cannot be read"))?;
        let headers = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject);
        let message = match &mail.html {
            Some(html) => headers.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
            None => headers.body(mail.text.clone()),
        };
        message.map_err(|_| permanent("the message cannot be built"))
    }
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer").finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| classify(&error))
    }
}

fn builder(config: &SmtpConfig) -> Result<AsyncSmtpTransportBuilder, ConfigError> {
    let host = config.host.as_str();
    let secured = match config.tls {
        SmtpTls::Wrapped => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
        SmtpTls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
        SmtpTls::None if is_loopback(host) => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)),
        SmtpTls::None => return Err(ConfigError::PlainText(host.to_owned())),
    };
    secured.map_err(|error| ConfigError::Client(error.to_string()))
}

/// Only the reply code is told on: servers quote addresses and contents in their texts.
fn classify(error: &lettre::transport::smtp::Error) -> MailError {
    let code = error.status();
    match code.map(|code| code.severity) {
        Some(Severity::PermanentNegativeCompletion) => permanent(&reply(code)),
        Some(_) => MailError::Transient(reply(code)),
        None if error.is_timeout() => MailError::Transient("no answer in time".to_owned()),
        None => MailError::Transient("no connection, or it broke".to_owned()),
    }
}

fn reply(code: Option<lettre::transport::smtp::response::Code>) -> String {
    code.map_or_else(|| "no reply".to_owned(), |code| format!("the server answered {code}"))
}

fn permanent(detail: &str) -> MailError {
    MailError::Permanent(detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, tls: SmtpTls) -> SmtpConfig {
        SmtpConfig { host: host.to_owned(), port: Some(1), username: None, password: None, tls, timeout_ms: 2_000 }
    }

    fn mail(to: &str) -> Mail {
        let html = Some("<p>Hello</p>".to_owned());
        Mail { id: "msg_1".into(), to: to.into(), subject: "Hello".into(), text: "Hello".into(), html }
    }

    #[tokio::test]
    async fn plain_text_stays_on_this_machine() {
        let refused = SmtpMailer::new("a@example.com", &config("mail.example.com", SmtpTls::None)).unwrap_err();
        assert_eq!(refused, ConfigError::PlainText("mail.example.com".to_owned()));
        assert!(SmtpMailer::new("a@example.com", &config("127.0.0.1", SmtpTls::None)).is_ok());
    }

    #[tokio::test]
    async fn the_message_id_is_ours_so_that_a_repeat_is_recognised() {
        let mailer = SmtpMailer::new("Roomtone <a@example.com>", &config("localhost", SmtpTls::None)).unwrap();
        let message = mailer.message(&mail("Ada <ada@example.com>")).unwrap().formatted();
        let message = String::from_utf8(message).unwrap();
        assert!(message.contains("Message-ID: <msg_1@example.com>"), "{message}");
        assert!(message.contains("multipart/alternative"), "{message}");
    }

    #[tokio::test]
    async fn a_bad_address_is_permanent_and_a_dead_server_is_not() {
        let mailer = SmtpMailer::new("a@example.com", &config("127.0.0.1", SmtpTls::None)).unwrap();
        let injected = "ada@example.com\r\nBcc: all@example.com";
        assert!(!mailer.send(&mail(injected)).await.unwrap_err().is_transient());
        assert!(mailer.send(&mail("ada@example.com")).await.unwrap_err().is_transient());
    }
}
