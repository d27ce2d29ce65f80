//! Asks auth what a credential stands for.

use std::{sync::Arc, time::Duration};

use kernel::{SessionId, SharedClock, UserId};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use service_kit::{Peers, peers::PeerError};

use super::{
    LONGEST_ACCESS,
    standings::{FetchFailed, Fetched, Grant, Standing},
};

/// An internal token is not used to its very end: the request it is sent with takes time too.
const MARGIN: Duration = Duration::from_secs(30);

/// How long a refused key is not asked for again. One that was never valid does not become so.
const REFUSED_KEY: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Exchange {
    peers: Peers,
    clock: SharedClock,
}

#[derive(Serialize)]
struct IdentityTokenRequest {
    user_id: UserId,
    session_id: SessionId,
}

#[derive(Serialize)]
struct ApiKeyRequest<'k> {
    api_key: &'k str,
}

/// The answer for both; only that for a key has its id.
#[derive(Deserialize)]
struct IdentityTokenResponse {
    token: String,
    expires_in: u64,
    key_id: Option<String>,
}

impl Exchange {
    pub fn new(peers: Peers, clock: SharedClock) -> Self {
        Self { peers, clock }
    }

    /// What the session may do; refused when it is over.
    pub async fn session(self, user_id: UserId, session_id: SessionId) -> Result<Fetched<UserId>, FetchFailed> {
        let asked_at = self.clock.now();
        let body = IdentityTokenRequest { user_id, session_id };
        match self.peers.post("auth", "/internal/identity-tokens", &body).await {
            Ok(answer) => {
                let (standing, lifetime) = granted(&answer, user_id.to_string().into())?;
                Ok(Fetched { standing, owner: Some(user_id), until: asked_at + lifetime })
            }
            Err(PeerError::Refused { status, .. }) if status == StatusCode::NOT_FOUND => {
                Ok(Fetched { standing: Standing::Refused, owner: Some(user_id), until: asked_at + LONGEST_ACCESS })
            }
            Err(error) => Err(FetchFailed::new(error.into())),
        }
    }

    /// For whom the key acts; refused when it is unknown, over or revoked.
    pub async fn api_key(self, api_key: String) -> Result<Fetched<Arc<str>>, FetchFailed> {
        let asked_at = self.clock.now();
        let body = ApiKeyRequest { api_key: &api_key };
        match self.peers.post::<_, IdentityTokenResponse>("auth", "/internal/api-key-identity-tokens", &body).await {
            Ok(answer) => {
                let key_id: Option<Arc<str>> = answer.key_id.as_deref().map(Arc::from);
                let key_id = key_id.ok_or_else(|| FetchFailed::new(anyhow::anyhow!("auth did not name the key")))?;
                let (standing, lifetime) = granted(&answer, key_id.clone())?;
                Ok(Fetched { standing, owner: Some(key_id), until: asked_at + lifetime })
            }
            Err(error) if is_refusal(&error) => {
                Ok(Fetched { standing: Standing::Refused, owner: None, until: asked_at + REFUSED_KEY })
            }
            Err(error) => Err(FetchFailed::new(error.into())),
        }
    }
}

/// Of the key, that is; our own token may be refused too.
fn is_refusal(error: &PeerError) -> bool {
    matches!(error, PeerError::Refused { status, body, .. }
        if *status == StatusCode::UNAUTHORIZED && body.contains("invalid_api_key"))
}

fn granted(answer: &IdentityTokenResponse, limited_as: Arc<str>) -> Result<(Standing, Duration), FetchFailed> {
    let authorization = http::HeaderValue::try_from(format!("Bearer {}", answer.token));
    let authorization = authorization.map_err(|error| FetchFailed::new(error.into()))?;
    let lifetime = Duration::from_secs(answer.expires_in).saturating_sub(MARGIN);
    Ok((Standing::Granted(Grant { authorization, limited_as }), lifetime))
}
