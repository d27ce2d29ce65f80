//! Idempotent requests as Stripe keeps them (<https://docs.stripe.com/api/idempotent_requests>): the first answer is
//! kept for a day, whether it was a success or not, unless the parameters were refused or the key was in use.

use actix_web::{HttpResponse, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use store::Conn;

use super::{
    StripeError,
    commands::{Command, execute},
};
use crate::{
    answers::{self, Answer, Keyed, Known},
    state::Sandbox,
};

/// What came with the request.
pub struct Idempotency {
    pub key: Option<String>,
    pub fingerprint: Vec<u8>,
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
    let Some(key) = &idempotency.key else { return answer(app, conn, now, command).await };
    let keyed = Keyed { key: key.clone(), fingerprint: idempotency.fingerprint.clone() };
    match answers::look_up(conn, &keyed, now, KEPT_FOR).await? {
        Known::Answer(kept) => return Ok(kept),
        Known::Reused => return Err(StripeError::key_reused(key)),
        Known::InUse => return Err(StripeError::key_in_use(key)),
        Known::Nothing => {}
    }
    let answer = answer(app, conn, now, command).await?;
    answers::keep(conn, &keyed, &answer, now).await?;
    Ok(answer)
}

/// A refusal is an answer too: it leaves nothing behind but itself, and a decline what the bank has said. An error of ours is not
/// kept, because it may go away.
async fn answer(app: &Sandbox, conn: &mut Conn, now: Timestamp, command: &Command) -> Result<Answer, StripeError> {
    match execute(app, conn, now, command).await {
        Ok(object) => Ok(Answer::new(StatusCode::OK, &object)),
        Err(error) if error.status().is_client_error() => Ok(Answer::new(error.status(), &error.body())),
        Err(error) => Err(error),
    }
}
