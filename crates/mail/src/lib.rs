//! Sending one mail, by SMTP or into the development sandbox's mailbox.
//!
//! Which mail to send, when, and how often to try belongs to messaging; this crate makes one attempt and says whether
//! another could help. Neither a body nor an address appears in an error or in a `Debug` output.

mod config;
mod mailbox;
mod smtp;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use config::{ConfigError, MailConfig, SmtpConfig, SmtpTls};
pub use mailbox::MailboxMailer;
pub use smtp::SmtpMailer;

/// One mail to one person, in plain text and, where it has one, in HTML.
#[derive(Clone)]
pub struct Mail {
    /// Ours, and the same for each attempt: it becomes the `Message-ID` (RFC 5322 section 3.6.4), by which mail
    /// systems and the mailbox recognise a repeat.
    pub id: String,
    /// An address, with or without a name: `Ada <ada@example.com>`.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Another attempt may succeed: no connection, no answer in time, the server is busy (SMTP 4xx, HTTP 429 and 5xx).
    /// The server may have taken the mail all the same.
    #[error("the mail could not be delivered now: {0}")]
    Transient(String),
    /// No attempt will succeed: a bad address, a mail the server refuses (SMTP 5xx).
    #[error("the mail cannot be delivered: {0}")]
    Permanent(String),
}

impl MailError {
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

/// Takes a mail and promises to deliver it. Shared as `Arc<dyn Mailer>`.
#[async_trait]
pub trait Mailer: fmt::Debug + Send + Sync {
    /// One attempt, bounded by the configured timeout.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// The mailer that the configuration asks for: SMTP before the mailbox, `None` when mail is off.
pub fn mailer(config: MailConfig) -> Result<Option<Arc<dyn Mailer>>, ConfigError> {
    match (&config.smtp, &config.mailbox_url) {
        (Some(smtp), _) => Ok(Some(Arc::new(SmtpMailer::new(&config.from, smtp)?))),
        (None, Some(url)) => Ok(Some(Arc::new(MailboxMailer::new(url.clone())?))),
        (None, None) => Ok(None),
    }
}
