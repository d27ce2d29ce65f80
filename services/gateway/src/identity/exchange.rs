//! Asks auth what a credential stands for.

use std::{sync::Arc, time::Duration};

use kernel::{CompanyId, SessionId, SharedClock, UserId};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use service_kit::{
    Peers,
    peers::{Client, PeerError},
};

use super::{
    Credential, Identity, LONGEST_ACCESS, Owner,
    api_keys::KeyOf,
    standings::{FetchFailed, Fetched, Standing},
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

#[derive(Deserialize)]
struct IdentityTokenResponse {
    token: String,
    expires_in: u64,
}

impl IdentityTokenResponse {
    fn authorization(&self) -> Result<http::HeaderValue, FetchFailed> {
        http::HeaderValue::try_from(format!("Bearer {}", self.token)).map_err(|error| FetchFailed::new(error.into()))
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(self.expires_in).saturating_sub(MARGIN)
    }
}

/// A key is a person's or a company's.
#[derive(Deserialize)]
struct ApiKeyResponse {
    #[serde(flatten)]
    identity: IdentityTokenResponse,
    key_id: Arc<str>,
    user_id: Option<UserId>,
    company_id: Option<CompanyId>,
}

impl ApiKeyResponse {
    fn owner(&self) -> Result<Owner, FetchFailed> {
        let owner = self.user_id.map(Owner::User).or(self.company_id.map(Owner::Company));
        owner.ok_or_else(|| FetchFailed::new(anyhow::anyhow!("auth did not name the key's owner")))
    }
}

impl Exchange {
    pub fn new(peers: Peers, clock: SharedClock) -> Self {
        Self { peers, clock }
    }

    /// What the session may do; refused when it is over.
    pub async fn session(self, user_id: UserId, session_id: SessionId) -> Result<Fetched<UserId>, FetchFailed> {
        let asked_at = self.clock.now();
        let body = IdentityTokenRequest { user_id, session_id };
        match self.peers.post::<_, IdentityTokenResponse>("auth", "/internal/identity-tokens", &body).await {
            Ok(answer) => {
                let identity = Identity {
                    credential: Credential::Session(session_id),
                    owner: Owner::User(user_id),
                    authorization: answer.authorization()?,
                    limited_as: user_id.to_string().into(),
                };
                let until = asked_at + answer.lifetime();
                Ok(Fetched { standing: Standing::Granted(identity), owner: Some(user_id), until })
            }
            Err(PeerError::Refused { status, .. }) if status == StatusCode::NOT_FOUND => {
                Ok(Fetched { standing: Standing::Refused, owner: Some(user_id), until: asked_at + LONGEST_ACCESS })
            }
            Err(error) => Err(FetchFailed::new(error.into())),
        }
    }

    /// For whom the key acts; refused when it is unknown, over or revoked.
    pub async fn api_key(self, api_key: String, client: Client) -> Result<Fetched<KeyOf>, FetchFailed> {
        let asked_at = self.clock.now();
        let body = ApiKeyRequest { api_key: &api_key };
        let route = ("auth", "/internal/api-key-identity-tokens");
        match self.peers.post_for::<_, ApiKeyResponse>(&client, route, &body).await {
            Ok(answer) => {
                let (id, owner) = (answer.key_id.clone(), answer.owner()?);
                let identity = Identity {
                    credential: Credential::ApiKey(id.clone()),
                    owner,
                    authorization: answer.identity.authorization()?,
                    limited_as: id.clone(),
                };
                let until = asked_at + answer.identity.lifetime();
                Ok(Fetched { standing: Standing::Granted(identity), owner: Some(KeyOf { id, owner }), until })
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
