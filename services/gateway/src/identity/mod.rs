//! Who is asking: a client's access token becomes the internal identity token that services accept.
//!
//! The signature of a token is checked once and remembered ([`access`]); what auth says of the session is remembered
//! until it changes ([`sessions`]), which auth's events ([`listener`]) and the caller's own writes tell.

mod access;
pub mod listener;
mod sessions;

use std::{sync::Arc, time::Duration};

use actix_web::http::header::{self, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, SharedClock, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Context, Peers, peers::PeerError};

use access::{Access, AccessTokens};
use sessions::{FetchFailed, Fetched, Sessions, Standing};

/// A caller with a valid session.
#[derive(Debug, Clone)]
pub struct Identity {
    pub user_id: UserId,
    /// `Bearer` and the internal identity token.
    pub authorization: http::HeaderValue,
}

/// Everything the gateway knows of callers.
pub struct Identities {
    access: AccessTokens,
    sessions: Arc<Sessions>,
    clock: SharedClock,
    peers: Peers,
}

impl Identities {
    pub fn new(context: &Context) -> Self {
        Self {
            access: AccessTokens::new(context.tokens.clone()),
            sessions: Arc::new(Sessions::default()),
            clock: context.clock.clone(),
            peers: context.peers.clone(),
        }
    }

    /// The caller of a request; `None` for one that does not say.
    pub async fn of(&self, headers: &HeaderMap) -> Result<Option<Identity>, Problem> {
        let Some(token) = bearer(headers)? else { return Ok(None) };
        let now = self.clock.now();
        // Nearly always both are known; the rest is boxed so that it does not weigh on every request.
        let known = self.access.known(token, now).and_then(|access| {
            let standing = self.sessions.get(access.session_id, now)?;
            Some((access, standing))
        });
        let (access, standing) = match known {
            Some(known) => known,
            None => Box::pin(self.ask(token, now)).await?,
        };
        match standing {
            Standing::Granted(authorization) => Ok(Some(Identity { user_id: access.user_id, authorization })),
            Standing::Revoked => Err(Problem::unauthorized("session_revoked", "The session has ended. Sign in again.")),
        }
    }

    async fn ask(&self, token: &str, now: Timestamp) -> Result<(Access, Standing), Problem> {
        let access = self.access.check(token, now).await?;
        let standing = match self.sessions.get(access.session_id, now) {
            Some(standing) => standing,
            None => {
                let (user_id, session_id) = (access.user_id, access.session_id);
                let question = exchange(self.peers.clone(), self.clock.clone(), user_id, session_id);
                self.sessions.fetch(session_id, user_id, question).await?
            }
        };
        Ok((access, standing))
    }

    /// Asks auth anew for everything about this user.
    pub fn forget_user(&self, user_id: UserId) {
        self.sessions.drop_user(user_id);
    }

    /// Refuses the session from now on, without asking.
    pub fn end_session(&self, session_id: SessionId, user_id: UserId) {
        self.sessions.end(session_id, user_id, self.clock.now() + LONGEST_ACCESS);
    }

    fn connected(&self) {
        self.sessions.connected();
    }

    fn disconnected(&self) {
        self.sessions.disconnected();
    }
}

/// No access token outlives its session's end by more: 10 minutes and the leeway.
const LONGEST_ACCESS: SignedDuration = SignedDuration::from_mins(15);

/// An internal token is not used to its very end: the request it is sent with takes time too.
const MARGIN: Duration = Duration::from_secs(30);

/// The token of `Authorization: Bearer …` (RFC 6750). More than one such header, or another scheme, is 401: a client
/// that means to be somebody must not be taken for nobody. A token in the query is never read.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    let token = match (values.next(), value.to_str().ok().and_then(|value| value.split_once(' '))) {
        (None, Some((scheme, token))) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    if token.is_empty() {
        return Err(Problem::unauthorized("invalid_token", "Send one Authorization header: Bearer and a token."));
    }
    Ok(Some(token))
}

#[derive(Serialize)]
struct IdentityTokenRequest {
    user_id: UserId,
    session_id: SessionId,
}

#[derive(Deserialize)]
struct IdentityTokenResponse {
    token: String,
    expires_in: u64,
}

/// Asks auth what the session may do.
async fn exchange(
    peers: Peers,
    clock: SharedClock,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Fetched, FetchFailed> {
    let asked_at = clock.now();
    let body = IdentityTokenRequest { user_id, session_id };
    match peers.post::<_, IdentityTokenResponse>("auth", "/internal/identity-tokens", &body).await {
        Ok(answer) => {
            let lifetime = Duration::from_secs(answer.expires_in).saturating_sub(MARGIN);
            let authorization = http::HeaderValue::try_from(format!("Bearer {}", answer.token));
            let authorization = authorization.map_err(|error| FetchFailed::new(error.into()))?;
            Ok(Fetched { standing: Standing::Granted(authorization), until: asked_at + lifetime })
        }
        Err(PeerError::Refused { status, .. }) if status == reqwest::StatusCode::NOT_FOUND => {
            Ok(Fetched { standing: Standing::Revoked, until: asked_at + LONGEST_ACCESS })
        }
        Err(error) => Err(FetchFailed::new(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_doubtful_authorization_is_never_taken_for_none() {
        assert!(bearer(&headers(&[])).unwrap().is_none());
        assert_eq!(bearer(&headers(&["bearer abc"])).unwrap(), Some("abc"));
        for values in [
            &["Bearer a", "Bearer a"][..],
            &["Bearer a", "Basic eA=="],
            &["Basic eA=="],
            &["Bearer"],
            &["Bearer "],
            &[""],
            &["a"],
        ] {
            assert_eq!(bearer(&headers(values)).unwrap_err().status().as_u16(), 401, "{values:?}");
        }
    }
}
