//! Answers of the providers' APIs, kept by idempotency key.
//!
//! Effect and answer are written in one transaction, so that a crash leaves either both or none. What a provider keeps,
//! for how long, and what it says of a key that is in use or was used for something else, is its own.

use actix_web::http::StatusCode;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Conn, Error};

use crate::schema::api_answers;

/// What came with a request. Keys of different providers do not meet: each puts its name in front.
#[derive(Debug, Clone)]
pub struct Keyed {
    pub key: String,
    pub fingerprint: Vec<u8>,
}

impl Keyed {
    /// By a key and everything that must be the same when it comes again.
    pub fn new(provider: &str, key: &str, path: &str, body: &[u8]) -> Self {
        let fingerprint = Sha256::new().chain_update(path).chain_update([0]).chain_update(body).finalize().to_vec();
        Self { key: format!("{provider}:{key}"), fingerprint }
    }
}

/// An answer, new or kept.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: String,
    pub replayed: bool,
}

impl Answer {
    pub fn new(status: StatusCode, body: &Value) -> Self {
        Self { status, body: body.to_string(), replayed: false }
    }
}

/// What is known of a key.
pub enum Known {
    /// Nothing: the caller does the work and keeps the answer. Others are told meanwhile that the key is in use.
    Nothing,
    Answer(Answer),
    /// Used for another request.
    Reused,
    /// Another request with it is under way.
    InUse,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_answers)]
struct KeptAnswer {
    fingerprint: Vec<u8>,
    status: i16,
    body: String,
}

impl From<KeptAnswer> for Answer {
    fn from(kept: KeptAnswer) -> Self {
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Self { status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body: kept.body, replayed: true }
    }
}

/// Claims a key for the rest of the transaction. An answer older than `kept_for` is removed, and its key is as good as
/// new.
pub async fn look_up(conn: &mut Conn, keyed: &Keyed, now: Timestamp, kept_for: SignedDuration) -> Result<Known, Error> {
    if !try_lock(conn, &keyed.key).await? {
        return Ok(Known::InUse);
    }
    let outdated = api_answers::created_at.le((now - kept_for).to_diesel());
    diesel::delete(api_answers::table.find(&keyed.key).filter(outdated)).execute(conn).await?;
    let kept = api_answers::table.find(&keyed.key).select(KeptAnswer::as_select()).first(conn).await.optional()?;
    Ok(match kept {
        None => Known::Nothing,
        Some(kept) if kept.fingerprint == keyed.fingerprint => Known::Answer(kept.into()),
        Some(_) => Known::Reused,
    })
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

/// Held until the transaction ends; who comes meanwhile is told so instead of waiting.
async fn try_lock(conn: &mut Conn, key: &str) -> Result<bool, Error> {
    let digest = Sha256::digest(key);
    let number = digest.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    let row: Locked = diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS locked")
        .bind::<BigInt, _>(number)
        .get_result(conn)
        .await?;
    Ok(row.locked)
}

pub async fn keep(conn: &mut Conn, keyed: &Keyed, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(api_answers::table)
        .values((
            api_answers::key.eq(&keyed.key),
            api_answers::fingerprint.eq(&keyed.fingerprint),
            api_answers::status.eq(i16::try_from(answer.status.as_u16()).unwrap_or(500)),
            api_answers::body.eq(&answer.body),
            api_answers::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
