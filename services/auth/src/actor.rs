//! Who does something, and from which device: what the trail of security events says of it.

use jiff::Timestamp;
use kernel::UserId;
use service_kit::Caller;

use crate::{
    audit::{AuditEvent, AuditKind},
    sessions::Device,
};

#[derive(Debug, Clone)]
pub struct Actor {
    pub user_id: UserId,
    pub device: Device,
}

impl Actor {
    pub fn new(caller: &Caller, device: Device) -> Self {
        Self { user_id: caller.user_id(), device }
    }

    /// Something the actor did.
    pub fn did(&self, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent::new(kind, now).by(self.user_id).from(&self.device)
    }
}
