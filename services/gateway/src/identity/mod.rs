//! Who is asking: a client's access token or API key becomes the internal identity token that services accept.
//!
//! The signature of a token is checked once and remembered ([`access`]); what auth says of a session or a key is
//! remembered until it changes ([`standings`]), which auth's events ([`listener`]) and the caller's own writes tell.

mod access;
mod api_keys;
mod exchange;
pub mod listener;
mod pipes;
mod standings;

use std::{net::IpAddr, sync::Arc};

use actix_web::http::header::{self, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, SessionId, SharedClock, UserId};
use problem::Problem;
use service_kit::{Context, peers::Client};

use access::{Access, AccessTokens};
use api_keys::ApiKeys;
use exchange::Exchange;
pub use pipes::{OpenPipe, Pipes};
use standings::{Standing, Standings};

/// A caller whose credential is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub credential: Credential,
    pub owner: Owner,
    /// `Bearer` and the internal identity token.
    pub authorization: http::HeaderValue,
    /// Whose limits count.
    pub limited_as: Arc<str>,
}

/// What somebody has proved to be somebody with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    Session(SessionId),
    /// By its id.
    ApiKey(Arc<str>),
}

/// For whom a credential acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    User(UserId),
    Company(CompanyId),
}

/// Everything the gateway knows of callers.
pub struct Identities {
    access: AccessTokens,
    sessions: Arc<Standings<SessionId, UserId>>,
    api_keys: ApiKeys,
    pub pipes: Arc<Pipes>,
    exchange: Exchange,
    clock: SharedClock,
}

impl Identities {
    pub fn new(context: &Context) -> Self {
        let exchange = Exchange::new(context.peers.clone(), context.clock.clone());
        Self {
            access: AccessTokens::new(context.tokens.clone()),
            sessions: Arc::default(),
            api_keys: ApiKeys::new(exchange.clone()),
            pipes: Arc::default(),
            exchange,
            clock: context.clock.clone(),
        }
    }

    /// The caller of a request; `None` for one that does not say. A credential that was never seen to be good here may
    /// be a guess: `admit_guess` decides whether auth is asked at all.
    pub async fn of(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
        admit_guess: impl AsyncFnOnce() -> Result<(), Problem>,
    ) -> Result<Option<Identity>, Problem> {
        let Some(token) = bearer(headers)? else { return Ok(None) };
        let now = self.clock.now();
        // Nearly always all is known; the rest is boxed so that it does not weigh on every request.
        if api_keys::is_api_key(token) {
            let standing = match self.api_keys.known(token, now) {
                Some(standing) => standing,
                None => Box::pin(self.ask_for_key(token, now, client(headers, address), admit_guess)).await?,
            };
            return standing.identity("invalid_api_key", "The API key is not valid (any more).").map(Some);
        }
        let access = self.access.known(token, now);
        let standing = match access.and_then(|access| self.sessions.get(access.session_id, now)) {
            Some(standing) => standing,
            None => Box::pin(self.ask_for_session(token, access, admit_guess)).await?,
        };
        standing.identity("session_revoked", "The session has ended. Sign in again.").map(Some)
    }

    async fn ask_for_key(
        &self,
        api_key: &str,
        now: Timestamp,
        client: Client,
        admit_guess: impl AsyncFnOnce() -> Result<(), Problem>,
    ) -> Result<Standing, Problem> {
        if !self.api_keys.has_been_good(api_key) {
            admit_guess().await?;
        }
        Ok(self.api_keys.ask(api_key, now, client).await?)
    }

    async fn ask_for_session(
        &self,
        token: &str,
        access: Option<Access>,
        admit_guess: impl AsyncFnOnce() -> Result<(), Problem>,
    ) -> Result<Standing, Problem> {
        let now = self.clock.now();
        let access = match access {
            Some(access) => access,
            None => {
                admit_guess().await?;
                self.access.check(token, now).await?
            }
        };
        let (user_id, session_id) = (access.user_id, access.session_id);
        let question = self.exchange.clone().session(user_id, session_id);
        Ok(self.sessions.fetch(session_id, Some(user_id), now, question).await?)
    }

    /// Asks auth anew for everything that acts for this owner, and ends its pipes.
    pub fn forget(&self, owner: Owner) {
        if let Owner::User(user_id) = owner {
            self.sessions.drop_where(|of| *of == user_id);
        }
        self.api_keys.forget_all_of(owner);
        self.pipes.end_all_of(owner);
    }

    /// Asks auth anew for a key that it has revoked.
    pub fn forget_api_key(&self, key_id: &str) {
        self.api_keys.forget(key_id);
        self.pipes.end(&Credential::ApiKey(key_id.into()));
    }

    /// Refuses the session from now on, without asking.
    pub fn end_session(&self, session_id: SessionId, user_id: UserId) {
        self.sessions.end(session_id, user_id, self.clock.now() + LONGEST_ACCESS);
        self.pipes.end(&Credential::Session(session_id));
    }

    fn connected(&self) {
        self.sessions.connected();
        self.api_keys.connected();
        self.pipes.end_all();
    }

    fn disconnected(&self) {
        self.sessions.disconnected();
        self.api_keys.disconnected();
    }
}

/// No access token outlives its session's end by more: 10 minutes and the leeway.
const LONGEST_ACCESS: SignedDuration = SignedDuration::from_mins(15);

/// From where a credential comes that auth may have to write down.
fn client(headers: &HeaderMap, address: Option<IpAddr>) -> Client {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Client { address, user_agent: agent.map(str::to_owned) }
}

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
