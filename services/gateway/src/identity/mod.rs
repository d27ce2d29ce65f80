//! Who is asking: a client's access token or API key becomes the internal identity token that services accept.
//!
//! The signature of a token is checked once and remembered ([`access`]); what auth says of a session or a key is
//! remembered until it changes ([`standings`]), which auth's events ([`listener`]) and the caller's own writes tell.

mod access;
mod api_keys;
mod exchange;
pub mod listener;
mod standings;

use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use jiff::{SignedDuration, Timestamp};
use kernel::{SessionId, SharedClock, UserId};
use problem::Problem;
use service_kit::Context;

use access::{Access, AccessTokens};
use api_keys::ApiKeys;
use exchange::Exchange;
use standings::{Grant, Standing, Standings};

/// A caller whose credential is good.
#[derive(Debug, Clone)]
pub struct Identity {
    pub caller: Caller,
    /// `Bearer` and the internal identity token.
    pub authorization: http::HeaderValue,
    /// Whose limits count.
    pub limited_as: Arc<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    User(UserId),
    ApiKey,
}

/// Everything the gateway knows of callers.
pub struct Identities {
    access: AccessTokens,
    sessions: Arc<Standings<SessionId, UserId>>,
    api_keys: ApiKeys,
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
            exchange,
            clock: context.clock.clone(),
        }
    }

    /// The caller of a request; `None` for one that does not say.
    pub async fn of(&self, headers: &HeaderMap) -> Result<Option<Identity>, Problem> {
        let Some(token) = bearer(headers)? else { return Ok(None) };
        let now = self.clock.now();
        if api_keys::is_api_key(token) {
            let Standing::Granted(grant) = Box::pin(self.api_keys.standing(token, now)).await? else {
                return Err(Problem::unauthorized("invalid_api_key", "The API key is not valid (any more)."));
            };
            return Ok(Some(Identity::new(Caller::ApiKey, grant)));
        }
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
            Standing::Granted(grant) => Ok(Some(Identity::new(Caller::User(access.user_id), grant))),
            Standing::Refused => Err(Problem::unauthorized("session_revoked", "The session has ended. Sign in again.")),
        }
    }

    async fn ask(&self, token: &str, now: Timestamp) -> Result<(Access, Standing), Problem> {
        let access = self.access.check(token, now).await?;
        let standing = match self.sessions.get(access.session_id, now) {
            Some(standing) => standing,
            None => {
                let (user_id, session_id) = (access.user_id, access.session_id);
                let question = self.exchange.clone().session(user_id, session_id);
                self.sessions.fetch(session_id, Some(user_id), question).await?
            }
        };
        Ok((access, standing))
    }

    /// Asks auth anew for everything about this caller: of keys for all, since they are few and act for companies too.
    pub fn forget(&self, caller: Caller) {
        if let Caller::User(user_id) = caller {
            self.sessions.drop_owner(&user_id);
        }
        self.api_keys.forget_all();
    }

    /// Asks auth anew for a key that it has revoked.
    pub fn forget_api_key(&self, key_id: &str) {
        self.api_keys.forget(key_id);
    }

    /// Refuses the session from now on, without asking.
    pub fn end_session(&self, session_id: SessionId, user_id: UserId) {
        self.sessions.end(session_id, user_id, self.clock.now() + LONGEST_ACCESS);
    }

    fn connected(&self) {
        self.sessions.connected();
        self.api_keys.connected();
    }

    fn disconnected(&self) {
        self.sessions.disconnected();
        self.api_keys.disconnected();
    }
}

impl Identity {
    fn new(caller: Caller, grant: Grant) -> Self {
        Self { caller, authorization: grant.authorization, limited_as: grant.limited_as }
    }
}

/// No access token outlives its session's end by more: 10 minutes and the leeway.
const LONGEST_ACCESS: SignedDuration = SignedDuration::from_mins(15);

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
