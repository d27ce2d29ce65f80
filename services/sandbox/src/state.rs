//! What handlers and jobs share.

use events::Effects;
use kernel::SharedClock;
use service_kit::peers::Directory;
use store::Db;
use tokio::sync::Mutex;

use crate::config::SandboxConfig;

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
    pub(crate) jobs: Effects,
}

impl Sandbox {
    /// Where a browser reaches the hosted pages.
    pub fn page_url(&self, session_id: &str) -> String {
        let base = self.config.page_base.clone().unwrap_or_else(|| self.directory.url("sandbox"));
        format!("{base}/checkout/{session_id}")
    }

    pub fn stripe_webhook_url(&self) -> String {
        let own = self.config.stripe_webhook_url.clone();
        own.unwrap_or_else(|| format!("{}/webhooks/stripe", self.directory.url("webhook")))
    }

    /// Deliveries need not wait for the job's next turn.
    pub fn wake_jobs(&self) {
        self.jobs.notify();
    }
}
