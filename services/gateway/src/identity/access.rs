//! Access tokens whose signature was found right. Checking one costs more than everything else a request needs here,
//! so it is done once per token.

use std::sync::Arc;

use dashmap::DashMap;
use jiff::Timestamp;
use kernel::{SessionId, UserId};
use serde::Deserialize;
use service_kit::identity::{Audience, TokenError, TokenType, TokenVerifier};

/// Tokens remembered; more than that are not in use within ten minutes on one gateway.
const CAPACITY: usize = 20_000;

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    pub session_id: SessionId,
    pub user_id: UserId,
    expires_at: i64,
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
        // In its last half minute (the leeway between clocks) the verifier decides anew.
        self.verified.get(token).filter(|access| access.expires_at > now.as_second()).map(|access| *access)
    }

    pub async fn check(&self, token: &str, now: Timestamp) -> Result<Access, TokenError> {
        if let Some(access) = self.known(token, now) {
            return Ok(access);
        }
        let claims: AccessClaims = self.verifier.verify(token, TokenType::Access, Audience::PUBLIC).await?;
        let access = Access { session_id: claims.sid, user_id: claims.sub, expires_at: claims.exp };
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
