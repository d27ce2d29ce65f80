//! Verifies tokens against auth's public keys (RFC 8725): the algorithm belongs to the key, the kind of token, issuer,
//! audience and times are all checked, and times are checked against the [`kernel::Clock`].

use std::sync::Arc;

use dashmap::DashMap;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use kernel::SharedClock;
use problem::Problem;
use serde::de::DeserializeOwned;

use super::{Audience, ISSUER, IdentityClaims, ServiceClaims, TokenType, key_set::KeySet};
use crate::peers::Directory;

/// Allowed difference between the clocks of two machines.
const LEEWAY_SECS: i64 = 30;

/// Verified identities kept; when full all are dropped and verified again.
const CACHE_CAPACITY: usize = 10_000;

/// A token larger than this is refused unread.
const MAX_TOKEN_LEN: usize = 8 * 1024;

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not valid")]
    Invalid,
    #[error("the token has expired")]
    Expired,
    #[error("the keys of auth are out of reach")]
    KeysUnavailable(#[source] anyhow::Error),
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Self::unauthorized("invalid_token", "The access token is not valid."),
            TokenError::Expired => Self::unauthorized("token_expired", "The access token has expired."),
            TokenError::KeysUnavailable(_) => Self::unavailable(error),
        }
    }
}

/// The times every token has.
#[derive(serde::Deserialize)]
struct Times {
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// Verifies tokens for one service.
pub struct TokenVerifier {
    service: &'static str,
    clock: SharedClock,
    keys: Arc<KeySet>,
    /// Each with the [epoch](Self::key_epoch) in which it was verified.
    identities: DashMap<String, (u64, Arc<IdentityClaims>)>,
}

impl TokenVerifier {
    pub fn new(service: &'static str, clock: SharedClock, directory: Directory) -> anyhow::Result<Self> {
        Ok(Self { service, clock, keys: Arc::new(KeySet::new(directory)?), identities: DashMap::new() })
    }

    /// Adds keys without asking auth, for whoever has them at hand.
    pub fn trust(&self, keys: &JwkSet) {
        self.keys.trust(keys);
    }

    /// The identity the gateway passes inward; verified once per token.
    pub async fn identity(&self, token: &str) -> Result<Arc<IdentityClaims>, TokenError> {
        let epoch = self.key_epoch();
        if let Some((_, claims)) =
            self.identities.get(token).as_deref().filter(|(verified_in, _)| *verified_in == epoch)
        {
            self.check_times(claims.exp, None)?;
            return Ok(claims.clone());
        }
        let claims: IdentityClaims = self.verify(token, TokenType::Internal, Audience::INTERNAL).await?;
        let claims = Arc::new(claims);
        if self.identities.len() >= CACHE_CAPACITY {
            self.identities.clear();
        }
        self.identities.insert(token.to_owned(), (epoch, claims.clone()));
        Ok(claims)
    }

    /// A call of another service to this one.
    pub async fn service(&self, token: &str) -> Result<ServiceClaims, TokenError> {
        self.verify(token, TokenType::Service, self.service).await
    }

    /// Verifies one token of the given kind and audience.
    pub async fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        kind: TokenType,
        audience: &str,
    ) -> Result<C, TokenError> {
        if token.len() > MAX_TOKEN_LEN {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // RFC 7515 section 4.1.11: whoever does not understand an extension that is critical refuses the token.
        let right_kind = header.typ.as_deref() == Some(kind.header()) && header.crit.is_none();
        let Some(kid) = header.kid.filter(|_| right_kind && header.alg == Algorithm::EdDSA) else {
            return Err(TokenError::Invalid);
        };
        let key = self.keys.key(&kid).await?;
        let rules = rules(audience);
        let times: Times = decode(token, &key, &rules)?;
        self.check_times(times.exp, times.nbf)?;
        decode(token, &key, &rules)
    }

    /// Whether a token names a key that is not known here.
    pub fn names_unknown_key(&self, token: &str) -> bool {
        !self.identities.contains_key(token) && named_key(token).is_some_and(|kid| !self.keys.is_known(&kid))
    }

    /// Asks auth for the key that a token names, where it is not known here. Whether the token is right is decided then without
    /// waiting, and before whatever else may be wrong with a request.
    pub async fn learn_key_of(&self, token: &str) {
        if let Some(kid) = named_key(token)
            && let Err(error) = self.keys.learn(&kid).await
        {
            tracing::debug!(%error, "a key was not learned");
        }
    }

    /// Rises when auth has withdrawn a key, which is looked for once a minute: whoever remembers that a token was right
    /// verifies it anew.
    pub fn key_epoch(&self) -> u64 {
        self.keys.epoch()
    }

    /// Succeeds when auth's keys are at hand; readiness asks it where tokens are validated.
    pub async fn ready(&self) -> Result<(), TokenError> {
        self.keys.ready().await
    }

    fn check_times(&self, exp: i64, nbf: Option<i64>) -> Result<(), TokenError> {
        let now = self.clock.now().as_second();
        if exp.saturating_add(LEEWAY_SECS) <= now {
            return Err(TokenError::Expired);
        }
        if nbf.is_some_and(|nbf| nbf.saturating_sub(LEEWAY_SECS) > now) { Err(TokenError::Invalid) } else { Ok(()) }
    }
}

fn named_key(token: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_LEN {
        return None;
    }
    jsonwebtoken::decode_header(token).ok()?.kid
}

fn rules(audience: &str) -> Validation {
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    // The library would ask the machine's clock; `check_times` asks ours.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules
}

fn decode<C: DeserializeOwned>(token: &str, key: &DecodingKey, rules: &Validation) -> Result<C, TokenError> {
    jsonwebtoken::decode(token, key, rules).map(|data| data.claims).map_err(|_| TokenError::Invalid)
}
