//! Access tokens whose signature was found right. Checking one costs more than everything else a request needs here,
//! so it is done once per token.

use std::sync::Arc;

use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, UserId};
use serde::Deserialize;
use service_kit::identity::{Audience, TokenError, TokenType, TokenVerifier};

use super::LONGEST_ACCESS;

/// Tokens remembered; more than that are not in use within ten minutes on one gateway.
const CAPACITY: usize = 20_000;

/// A token is verified again after so long, even if it lasts longer.
const VERIFIED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    pub session_id: SessionId,
    pub user_id: UserId,
    expires_at: i64,
    /// [`TokenVerifier::key_epoch`] when it was verified.
    key_epoch: u64,
}

#[derive(Deserialize)]
struct AccessClaims {
    sub: UserId,
    sid: SessionId,
    exp: i64,
}

pub struct AccessTokens {
    verifier: Arc<TokenVerifier>,
    verified: DashMap<String, Access>,
}

impl AccessTokens {
    pub fn new(verifier: Arc<TokenVerifier>) -> Self {
        Self { verifier, verified: DashMap::new() }
    }

    /// What a token says that was checked before.
    pub fn known(&self, token: &str, now: Timestamp) -> Option<Access> {
        // In the half minute after its end (the leeway between clocks) the verifier decides anew.
        let access = *self.verified.get(token)?;
        (access.expires_at > now.as_second() && access.key_epoch == self.verifier.key_epoch()).then_some(access)
    }

    pub async fn check(&self, token: &str, now: Timestamp) -> Result<Access, TokenError> {
        if let Some(access) = self.known(token, now) {
            return Ok(access);
        }
        self.verifier.learn_key_of(token).await;
        // Before it is verified: a key that is withdrawn meanwhile counts.
        let key_epoch = self.verifier.key_epoch();
        let claims: AccessClaims = self.verifier.verify(token, TokenType::Access, Audience::PUBLIC).await?;
        if claims.exp > (now + LONGEST_ACCESS).as_second() {
            // Auth makes none of that kind, so somebody else has its key.
            return Err(TokenError::Invalid);
        }
        let expires_at = claims.exp.min((now + VERIFIED_FOR).as_second());
        let access = Access { session_id: claims.sid, user_id: claims.sub, expires_at, key_epoch };
        self.remember(token, access, now);
        Ok(access)
    }

    fn remember(&self, token: &str, access: Access, now: Timestamp) {
        if self.verified.len() >= CAPACITY {
            self.verified.retain(|_, access| access.expires_at > now.as_second());
        }
        if self.verified.len() >= CAPACITY {
            self.verified.clear();
        }
        self.verified.insert(token.to_owned(), access);
    }
}
