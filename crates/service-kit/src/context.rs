//! What a service is given when it is built.

use std::sync::Arc;

use anyhow::Context as _;
use events::Effects;
use kernel::SharedClock;
use store::Db;
use tokio_util::sync::CancellationToken;

use crate::{Environment, Peers, Source, identity::TokenVerifier};

/// Everything a service needs to build its own state. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub service: &'static str,
    pub environment: Environment,
    pub source: Source,
    pub clock: SharedClock,
    pub bus: Arc<dyn events::Bus>,
    pub tokens: Arc<TokenVerifier>,
    pub peers: Peers,
    /// Notify it when a command has left work for a job; the jobs look at once instead of at their next turn.
    pub jobs: Effects,
    /// Cancelled when the server stops: connections that would stay open have to end by themselves.
    pub draining: CancellationToken,
    pub(crate) database: Option<Db>,
}

impl Context {
    /// The service's own database.
    pub fn database(&self) -> anyhow::Result<Db> {
        self.database.clone().with_context(|| format!("{} has no database", self.service))
    }
}
