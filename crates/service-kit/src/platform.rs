//! What the services of one process share.

use std::sync::Arc;

use events::Bus;
use kernel::{SharedClock, clock::SystemClock};

use crate::{config::Source, peers::Directory};

/// The ground a service stands on: its configuration, the clock, the bus, and where the others are.
#[derive(Clone)]
pub struct Platform {
    pub source: Source,
    pub clock: SharedClock,
    /// Present where the sandbox may move the clock: in development only.
    pub movable_clock: Option<Arc<SystemClock>>,
    pub bus: Arc<dyn Bus>,
    pub directory: Directory,
}

impl Platform {
    /// A platform on the machine's clock; the sandbox may move it in development.
    pub fn new(source: Source, bus: Arc<dyn Bus>) -> anyhow::Result<Self> {
        let clock = Arc::new(SystemClock::default());
        let movable_clock = source.environment().is_development().then(|| clock.clone());
        let directory = Directory::new(source.service_urls()?);
        Ok(Self { source, clock, movable_clock, bus, directory })
    }
}
