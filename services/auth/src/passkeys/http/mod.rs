//! `/api/auth/passkeys` for one's own passkeys, and `/api/auth/login/passkey` to sign in by one.

pub mod login;
pub mod passkeys;
pub mod registration;

use kernel::CeremonyId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::Challenge;

/// What to pass to the browser's WebAuthn API, within five minutes.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyChallenge)]
pub struct ChallengeResponse {
    /// Comes back with the device's answer.
    ceremony_id: CeremonyId,
    /// `{"publicKey": …}`, its binary members in base64url (WebAuthn level 3, section 5.1.8 and following).
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Challenge> for ChallengeResponse {
    fn from(challenge: Challenge) -> Self {
        Self { ceremony_id: challenge.ceremony_id, options: challenge.options }
    }
}
