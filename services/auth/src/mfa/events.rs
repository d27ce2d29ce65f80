//! What the owner of an account is told of the ways in beside the password: second factors, passkeys, personal keys.

use contracts::auth::v1::SecondFactorChanged;
use events::outbox::enqueue;
use jiff::Timestamp;
use kernel::UserId;
use store::{Conn, Error};

use crate::users;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorChange {
    TotpEnabled,
    TotpDisabled,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
    /// A personal one: a program signs in with it from now on.
    ApiKeyCreated,
}

impl FactorChange {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TotpEnabled => "totp_enabled",
            Self::TotpDisabled => "totp_disabled",
            Self::RecoveryCodesReplaced => "recovery_codes_replaced",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::ApiKeyCreated => "api_key_created",
        }
    }
}

/// Takes the next version of the user for it.
pub async fn second_factor_changed(
    conn: &mut Conn,
    user_id: UserId,
    change: FactorChange,
    now: Timestamp,
) -> Result<(), Error> {
    let user = users::store::advance(conn, user_id, now).await?;
    let event = SecondFactorChanged {
        user_id: user.id.to_string(),
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
        change: change.as_str().to_owned(),
    };
    enqueue(conn, users::events::change(&user, 0, now), &event).await.map(drop)
}
