//! Idempotent requests as Stripe keeps them (<https://docs.stripe.com/api/idempotent_requests>): the first answer is
//! kept for a day, whether it was a success or not, unless the parameters were refused or the key was in use.
//!
//! Effect and answer are written in one transaction, so that a crash leaves either both or none.

use actix_web::{HttpResponse, http::StatusCode};
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

use super::{
    StripeError,
    commands::{Command, execute},
};
use crate::{schema::api_answers, state::Sandbox};

/// What came with the request.
pub struct Idempotency {
    pub key: Option<String>,
    pub fingerprint: Vec<u8>,
}

/// An answer, new or kept.
struct Answer {
    status: StatusCode,
    body: String,
    replayed: bool,
}

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Carries a command out, once per key.
pub async fn run(app: &Sandbox, idempotency: &Idempotency, command: &Command) -> Result<HttpResponse, StripeError> {
    let now = app.clock.now();
    let answer = app.db.transaction(async |conn| run_in_tx(app, conn, now, idempotency, command).await).await?;
    app.wake_jobs();
    let mut response = HttpResponse::build(answer.status);
    if let Some(key) = &idempotency.key {
        response.insert_header(("Idempotency-Key", key.as_str()));
    }
    if answer.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(response.content_type("application/json").body(answer.body))
}

async fn run_in_tx(
    app: &Sandbox,
    conn: &mut Conn,
    now: Timestamp,
    idempotency: &Idempotency,
    command: &Command,
) -> Result<Answer, StripeError> {
    let Some(key) = &idempotency.key else {
        return execute(app, conn, now, command).await.map(|object| Answer::new(StatusCode::OK, &object));
    };
    if !try_lock(conn, key).await? {
        return Err(StripeError::key_in_use(key));
    }
    if let Some(kept) = find_answer(conn, key, now).await? {
        return if kept.fingerprint == idempotency.fingerprint {
            Ok(kept.into())
        } else {
            Err(StripeError::key_reused(key))
        };
    }
    let answer = match execute(app, conn, now, command).await {
        Ok(object) => Answer::new(StatusCode::OK, &object),
        // A refusal leaves nothing behind but itself. An error of ours is not kept, because it may go away.
        Err(error) if error.status().is_client_error() => Answer::new(error.status(), &error.body()),
        Err(error) => return Err(error),
    };
    keep_answer(conn, key, &idempotency.fingerprint, &answer, now).await?;
    Ok(answer)
}

impl Answer {
    fn new(status: StatusCode, body: &Value) -> Self {
        Self { status, body: body.to_string(), replayed: false }
    }
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

/// One that is out of date is removed, and its key is as good as new.
async fn find_answer(conn: &mut Conn, key: &str, now: Timestamp) -> Result<Option<KeptAnswer>, Error> {
    let outdated = api_answers::created_at.le((now - KEPT_FOR).to_diesel());
    diesel::delete(api_answers::table.find(key).filter(outdated)).execute(conn).await?;
    let kept = api_answers::table.find(key).select(KeptAnswer::as_select()).first(conn).await;
    Ok(kept.optional()?)
}

async fn keep_answer(
    conn: &mut Conn,
    key: &str,
    fingerprint: &[u8],
    answer: &Answer,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(api_answers::table)
        .values((
            api_answers::key.eq(key),
            api_answers::fingerprint.eq(fingerprint),
            api_answers::status.eq(i16::try_from(answer.status.as_u16()).unwrap_or(500)),
            api_answers::body.eq(&answer.body),
            api_answers::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
