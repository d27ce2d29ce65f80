//! What an audit event says.

use jiff::Timestamp;
use kernel::{AuditEventId, CompanyId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::sessions::Device;

/// What happened. A name that has been written is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    EmailVerified,
    LoggedIn,
    /// Too many failures: the account takes no password for a while.
    AccountLocked,
    LoggedOut,
    LoggedOutEverywhere,
    /// One device was signed out from another.
    SessionRevoked,
    RefreshTokenReused,
    /// A signed-in person was asked for their password or code again.
    Reauthenticated,
    PasswordResetRequested,
    PasswordReset,
    PasswordChanged,
    EmailChangeRequested,
    EmailChangeConfirmed,
    EmailChanged,
    MfaEnrolmentStarted,
    MfaEnabled,
    MfaDisabled,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    /// Between the views of a customer and of a studio owner.
    RoleChanged,
    PlatformRoleGranted,
    PlatformRoleRevoked,
    CompanyCreated,
    CompanyUpdated,
    CompanyDeleted,
    OwnershipTransferred,
    InvitationSent,
    InvitationWithdrawn,
    InvitationAccepted,
    MemberAdded,
    MemberRoleChanged,
    MemberRemoved,
    ApiKeyCreated,
    ApiKeyRevoked,
    /// Somebody has presented a key that is unknown, over or revoked.
    ApiKeyRefused,
    /// Somebody has asked for the token of a service without its secret, or for one that it may not have.
    ServiceCredentialRefused,
    /// The keys that sign tokens, by the operator of the platform.
    SigningKeysRotated,
    SigningKeyRevoked,
    DataExported,
    AccountErased,
    /// Something was done with money by hand: `detail` has the `action`, what it was `about`, and the `reason`.
    FinancialAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Failure,
}

/// A security event. Built up from what happened: `AuditEvent::new(AuditKind::MemberRemoved, now).by(manager)
/// .about(member).in_company(company).from(&device)`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    pub id: AuditEventId,
    pub occurred_at: Timestamp,
    pub kind: AuditKind,
    pub outcome: Outcome,
    /// Who did it; nobody where a stranger or the operator of the platform did.
    pub actor: Option<UserId>,
    /// Whose account it is about.
    pub subject: Option<UserId>,
    pub company: Option<CompanyId>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// What else is worth knowing; never a secret.
    pub detail: Map<String, Value>,
}

impl AuditEvent {
    /// Something that worked, done by nobody we know.
    pub fn new(kind: AuditKind, now: Timestamp) -> Self {
        Self {
            id: AuditEventId::new(),
            occurred_at: now,
            kind,
            outcome: Outcome::Success,
            actor: None,
            subject: None,
            company: None,
            address: None,
            user_agent: None,
            detail: Map::new(),
        }
    }

    /// What somebody did to their own account.
    pub fn own(kind: AuditKind, user_id: UserId, now: Timestamp) -> Self {
        Self::new(kind, now).by(user_id).about(user_id)
    }

    pub fn by(mut self, actor: UserId) -> Self {
        self.actor = Some(actor);
        self
    }

    pub fn about(mut self, subject: UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    pub fn in_company(mut self, company: CompanyId) -> Self {
        self.company = Some(company);
        self
    }

    pub fn from(mut self, device: &Device) -> Self {
        self.address = device.address.clone();
        self.user_agent = Some(device.user_agent.clone());
        self
    }

    /// It was refused, for this reason.
    pub fn failed(mut self, reason: &'static str) -> Self {
        self.outcome = Outcome::Failure;
        self.with("reason", reason)
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }
}
