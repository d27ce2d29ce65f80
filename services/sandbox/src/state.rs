//! What handlers and jobs share.

use events::Effects;
use kernel::SharedClock;
use service_kit::peers::Directory;
use store::Db;
use tokio::sync::{Mutex, OnceCell};

use crate::{config::SandboxConfig, faults::Faults, payments::Provider, paypal::signer::PaypalSigner};

/// The state of the sandbox. Everything that must survive a restart is in its database.
pub struct Sandbox {
    pub db: Db,
    pub clock: SharedClock,
    pub config: SandboxConfig,
    pub directory: Directory,
    /// For webhooks and for the clocks of the services.
    pub http: reqwest::Client,
    /// Held while clocks are being moved, so that one journey through time ends before the next begins.
    pub moving: Mutex<()>,
    /// What PayPal's webhooks are signed with, once it was needed.
    pub paypal_signer: OnceCell<PaypalSigner>,
    /// Calls that are to go wrong.
    pub faults: Faults,
    pub(crate) jobs: Effects,
}

impl Sandbox {
    /// Where a browser reaches the hosted pages.
    pub fn page_url(&self, session_id: &str) -> String {
        let base = self.config.page_base.clone().unwrap_or_else(|| self.directory.url("sandbox"));
        format!("{base}/checkout/{session_id}")
    }

    /// The address of the sandbox's own APIs, without a trailing slash.
    pub fn own_url(&self) -> String {
        self.directory.url("sandbox")
    }

    pub fn webhook_url(&self, provider: Provider) -> String {
        let given = match provider {
            Provider::Stripe => &self.config.stripe_webhook_url,
            Provider::Square => &self.config.square_webhook_url,
            Provider::Paypal => &self.config.paypal_webhook_url,
        };
        let own = || format!("{}/webhooks/{}", self.directory.url("webhook"), provider.as_str());
        given.clone().unwrap_or_else(own)
    }

    /// Deliveries need not wait for the job's next turn.
    pub fn wake_jobs(&self) {
        self.jobs.notify();
    }
}
