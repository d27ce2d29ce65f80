//! `Idempotency-Key`: one effect and one answer, however often a request arrives.
//!
//! A request whose effect is one transaction uses [`Idempotent::once`]: key, effect and answer commit together. A
//! request that must call a provider in between claims its key first ([`Idempotent::claim_in_tx`], which also names
//! what it makes), and answers in a later transaction ([`Idempotent::answer_in_tx`]); a key whose process died is
//! claimed again after [`LEASE`] and resumed with the same resource.

use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, body::BoxBody, dev::Payload, http::StatusCode};
use bytes::Bytes;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::clock::real_now;
use problem::Problem;
use serde::Serialize;
use store::{Conn, Db, sql::Prepare};
use uuid::Uuid;

use crate::schema::idempotency_keys as keys;

/// How long a claimed key is taken to be in the works; longer than any request may run.
pub const LEASE: Duration = Duration::from_secs(60);

/// The longest key, in characters.
pub(crate) const MAX_KEY_LEN: usize = 255;

/// A client's key, up to 255 characters, quoted or not. Missing: 400 `idempotency_key_required`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get("idempotency-key").map(|value| value.to_str().unwrap_or_default());
        std::future::ready(Self::parse(header))
    }
}

impl IdempotencyKey {
    fn parse(header: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = header else {
            return Err(Problem::bad_request("idempotency_key_required", "This request needs an Idempotency-Key."));
        };
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        if key.is_empty() || key.chars().count() > MAX_KEY_LEN {
            return Err(Problem::bad_request("idempotency_key_invalid", "An Idempotency-Key has 1 to 255 characters."));
        }
        Ok(Self(key.to_owned()))
    }
}

/// How long an answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// 24 hours.
    Default,
    /// 30 days, where money moves.
    Money,
}

impl Scope {
    fn keep(self) -> SignedDuration {
        match self {
            Self::Default => SignedDuration::from_hours(24),
            Self::Money => SignedDuration::from_hours(24 * 30),
        }
    }
}

/// A request with its key: who asks, for which route, with which body.
#[derive(Debug, Clone)]
pub struct Idempotent {
    pub caller: Uuid,
    /// `POST /api/bookings`.
    pub route: &'static str,
    pub key: IdempotencyKey,
    /// SHA-256 of the body ([`crate::Json::fingerprint`]).
    pub fingerprint: [u8; 32],
    pub scope: Scope,
    /// By the [`kernel::Clock`].
    pub now: Timestamp,
}

/// What a claim found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key is new: do the work.
    First,
    /// An earlier attempt died on the way: finish its resource.
    Resumed { resource_id: Option<Uuid> },
    /// The work is done: this was the answer.
    Answered(StoredAnswer),
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    #[error("this Idempotency-Key was used with another body")]
    Reused,
    #[error("a request with this Idempotency-Key is still running")]
    InProgress,
    #[error("the answer cannot be serialised")]
    Unserialisable(#[from] serde_json::Error),
}

impl From<IdempotencyError> for Problem {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => {
                Self::invalid("idempotency_key_reused", "This Idempotency-Key was used with another body.")
            }
            IdempotencyError::InProgress => {
                Self::conflict("idempotency_in_progress", "A request with this Idempotency-Key is still running.")
                    .retry_after(1)
            }
            IdempotencyError::Unserialisable(_) => Self::internal(error),
        }
    }
}

/// An answer as it was given the first time, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: StatusCode,
    pub body: Bytes,
    pub replayed: bool,
}

impl Responder for StoredAnswer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.replayed {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        response.content_type("application/json").body(self.body)
    }
}

impl Idempotent {
    /// Does the work once, in one transaction with its key and answer. Errors roll back all three, so a refused
    /// request may be sent again with the same key. Concurrent requests wait for the first and get its answer.
    pub async fn once<R, E, F>(&self, db: &Db, status: StatusCode, work: F) -> Result<StoredAnswer, E>
    where
        R: Serialize + Send + Sync,
        for<'r> F: AsyncFn(&'r mut Conn) -> Result<R, E>
            + store::TransactionWork<&'r mut Conn, Result<R, E>, Fut: Send>
            + Sync,
        E: From<store::Error> + From<IdempotencyError> + std::error::Error + Send + 'static,
    {
        db.transaction(async |conn| {
            if let Claim::Answered(answer) = self.claim_in_tx::<E>(conn).await? {
                return Ok(answer);
            }
            let answer = work(conn).await?;
            self.answer_in_tx::<_, E>(conn, status, &answer).await
        })
        .await
    }

    /// Claims the key. Waits while another transaction that claimed it is open.
    pub async fn claim_in_tx<E>(&self, conn: &mut Conn) -> Result<Claim, E>
    where
        E: From<store::Error> + From<IdempotencyError>,
    {
        if self.insert(conn).await? {
            return Ok(Claim::First);
        }
        let Some(row) = self.lock(conn).await? else {
            // The row went away in between (it had expired and was cleaned up): the client's next try finds no key.
            return Err(IdempotencyError::InProgress.into());
        };
        if row.fingerprint != self.fingerprint {
            return Err(IdempotencyError::Reused.into());
        }
        if let (Some(status), Some(body)) = (row.status, row.body) {
            let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
            let status = status.unwrap_or(StatusCode::OK);
            return Ok(Claim::Answered(StoredAnswer { status, body: body.into(), replayed: true }));
        }
        if row.locked_until.to_jiff() > real_now() {
            return Err(IdempotencyError::InProgress.into());
        }
        self.renew_lease(conn).await?;
        Ok(Claim::Resumed { resource_id: row.resource_id })
    }

    /// Names what a claimed request is making, so that a later attempt finishes it instead of making another.
    pub async fn name_resource_in_tx(&self, conn: &mut Conn, resource_id: Uuid) -> Result<(), store::Error> {
        diesel::update(keys::table.find((self.caller, self.route, &self.key.0)))
            .set(keys::resource_id.eq(resource_id))
            .prepared()
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Stores the answer beside the effect.
    pub async fn answer_in_tx<R, E>(&self, conn: &mut Conn, status: StatusCode, answer: &R) -> Result<StoredAnswer, E>
    where
        R: Serialize,
        E: From<store::Error> + From<IdempotencyError>,
    {
        let body = serde_json::to_vec(answer).map_err(IdempotencyError::from)?;
        let status_code = i16::try_from(status.as_u16()).unwrap_or(200);
        diesel::update(keys::table.find((self.caller, self.route, &self.key.0)))
            .set((keys::status.eq(status_code), keys::body.eq(&body)))
            .prepared()
            .execute(conn)
            .await
            .map_err(store::Error::from)?;
        Ok(StoredAnswer { status, body: body.into(), replayed: false })
    }

    /// Gives a claimed key up after a refusal, so that the client may try again at once.
    pub async fn release_in_tx(&self, conn: &mut Conn) -> Result<(), store::Error> {
        diesel::update(keys::table.find((self.caller, self.route, &self.key.0)))
            .set(keys::locked_until.eq(real_now().to_diesel()))
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn insert(&self, conn: &mut Conn) -> Result<bool, store::Error> {
        let inserted = diesel::insert_into(keys::table)
            .values((
                keys::caller.eq(self.caller),
                keys::route.eq(self.route),
                keys::key.eq(&self.key.0),
                keys::fingerprint.eq(self.fingerprint.as_slice()),
                keys::locked_until.eq((real_now() + LEASE).to_diesel()),
                keys::created_at.eq(self.now.to_diesel()),
                keys::expires_at.eq((self.now + self.scope.keep()).to_diesel()),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        Ok(inserted == 1)
    }

    async fn lock(&self, conn: &mut Conn) -> Result<Option<KeyRow>, store::Error> {
        Ok(keys::table
            .find((self.caller, self.route, &self.key.0))
            .select((keys::fingerprint, keys::resource_id, keys::locked_until, keys::status, keys::body))
            .for_update()
            .first(conn)
            .await
            .optional()?)
    }

    async fn renew_lease(&self, conn: &mut Conn) -> Result<(), store::Error> {
        diesel::update(keys::table.find((self.caller, self.route, &self.key.0)))
            .set(keys::locked_until.eq((real_now() + LEASE).to_diesel()))
            .execute(conn)
            .await?;
        Ok(())
    }
}

#[derive(diesel::Queryable)]
struct KeyRow {
    fingerprint: Vec<u8>,
    resource_id: Option<Uuid>,
    locked_until: jiff_diesel::Timestamp,
    status: Option<i16>,
    body: Option<Vec<u8>>,
}

/// Forgets keys whose time is over; every service that has a database does.
pub(crate) async fn delete_expired(db: &Db, now: Timestamp) -> Result<usize, store::Error> {
    let mut conn = db.conn().await?;
    Ok(diesel::delete(keys::table.filter(keys::expires_at.le(now.to_diesel()))).execute(&mut conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_quoted_and_has_1_to_255_characters() {
        assert_eq!(IdempotencyKey::parse(Some("\"a b\"")).unwrap(), IdempotencyKey("a b".into()));
        assert_eq!(IdempotencyKey::parse(Some("a")).unwrap(), IdempotencyKey("a".into()));
        assert_eq!(IdempotencyKey::parse(None).unwrap_err().code(), "idempotency_key_required");
        for bad in ["", "\"\"", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(Some(bad)).unwrap_err().code(), "idempotency_key_invalid");
        }
    }
}
