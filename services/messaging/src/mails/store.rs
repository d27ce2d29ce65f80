//! Rows of mails.

use std::time::Duration;

use ::store::{Conn, Error, sql::Prepare};
use diesel::{prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use events::HandlerError;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{UserId, clock::real_now};
use uuid::Uuid;

use super::{Occasion, Recipient};
use crate::schema::mails::{self, dsl};

/// A claimed mail belongs to its claimer for this long; more than one attempt may take with all its questions.
const LEASE: Duration = Duration::from_secs(120);

/// A mail that this process may send now.
#[derive(Debug, Clone, QueryableByName)]
#[diesel(table_name = mails, check_for_backend(diesel::pg::Pg))]
pub struct ClaimedMail {
    pub id: Uuid,
    pub event_id: Uuid,
    pub recipient: String,
    pub template: String,
    pub parameters: serde_json::Value,
    /// Including this one.
    pub attempts: i32,
}

impl ClaimedMail {
    pub fn occasion(&self) -> Result<Occasion, serde_json::Error> {
        serde_json::from_value(serde_json::json!({"template": self.template, "parameters": self.parameters}))
    }
}

/// Whether a new mail is to be sent, or only noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Send,
    /// What it would tell is no longer so.
    Drop,
}

/// Writes a mail down, once for its event, recipient and occasion.
pub async fn insert(
    conn: &mut Conn,
    (event_id, recipient): (Uuid, Recipient),
    occasion: &Occasion,
    fate: Fate,
    now: Timestamp,
) -> Result<(), HandlerError> {
    let whole = serde_json::to_value(occasion).map_err(HandlerError::rejected)?;
    let dropped = fate == Fate::Drop;
    diesel::insert_into(mails::table)
        .values((
            dsl::id.eq(kernel::new_uuid()),
            dsl::event_id.eq(event_id),
            dsl::recipient.eq(recipient.to_string()),
            dsl::template.eq(whole["template"].as_str().unwrap_or_default()),
            dsl::parameters.eq(&whole["parameters"]),
            dsl::state.eq(if dropped { "dropped" } else { "pending" }),
            dsl::next_attempt_at.eq(real_now().to_diesel()),
            dsl::created_at.eq(now.to_diesel()),
            dsl::finished_at.eq(dropped.then(|| real_now().to_diesel())),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes mails whose time has come. Two processes never get the same one; a claim that is not finished ends by itself.
pub async fn claim(conn: &mut Conn, at_most: i64) -> Result<Vec<ClaimedMail>, Error> {
    let now = real_now();
    let statement = "UPDATE mails SET attempts = attempts + 1, next_attempt_at = $1, last_error = NULL \
         WHERE id IN (SELECT id FROM mails WHERE state = 'pending' AND next_attempt_at <= $2 \
                      ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) \
         RETURNING id, event_id, recipient, template, parameters, attempts";
    Ok(diesel::sql_query(statement)
        .bind::<sql_types::Timestamptz, _>((now + LEASE).to_diesel())
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .bind::<sql_types::BigInt, _>(at_most)
        .load(conn)
        .await?)
}

/// A mail to a company becomes one to each of these people.
pub async fn expand(conn: &mut Conn, mail: &ClaimedMail, people: &[Recipient], now: Timestamp) -> Result<(), Error> {
    for person in people {
        diesel::insert_into(mails::table)
            .values((
                dsl::id.eq(kernel::new_uuid()),
                dsl::event_id.eq(mail.event_id),
                dsl::recipient.eq(person.to_string()),
                dsl::template.eq(&mail.template),
                dsl::parameters.eq(&mail.parameters),
                dsl::state.eq("pending"),
                dsl::next_attempt_at.eq(real_now().to_diesel()),
                dsl::created_at.eq(now.to_diesel()),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
    }
    finish(conn, mail, "expanded", None).await
}

/// The end of a mail. A claimer whose lease ran out changes nothing: the mail is another's by now.
pub async fn finish(conn: &mut Conn, mail: &ClaimedMail, state: &str, error: Option<&str>) -> Result<(), Error> {
    let ours = dsl::mails.find(mail.id).filter(dsl::attempts.eq(mail.attempts)).filter(dsl::state.eq("pending"));
    let values = (dsl::state.eq(state), dsl::last_error.eq(error), dsl::finished_at.eq(real_now().to_diesel()));
    diesel::update(ours).set(values).prepared().execute(conn).await?;
    if state == "dropped" {
        // Nobody needs its words any more; whoever they were about may be gone.
        let empty = dsl::parameters.eq(serde_json::json!({}));
        diesel::update(dsl::mails.find(mail.id).filter(dsl::state.eq("dropped"))).set(empty).execute(conn).await?;
    }
    Ok(())
}

/// Another attempt after `wait`.
pub async fn postpone(conn: &mut Conn, mail: &ClaimedMail, wait: Duration, error: &str) -> Result<(), Error> {
    let ours = dsl::mails.find(mail.id).filter(dsl::attempts.eq(mail.attempts)).filter(dsl::state.eq("pending"));
    let values = (dsl::next_attempt_at.eq((real_now() + wait).to_diesel()), dsl::last_error.eq(error));
    diesel::update(ours).set(values).prepared().execute(conn).await?;
    Ok(())
}

/// What is known of a mail that went, or goes, to somebody.
#[derive(Debug, Clone, Queryable)]
pub struct SentMail {
    pub id: Uuid,
    pub template: String,
    pub state: String,
    pub parameters: serde_json::Value,
    pub created_at: jiff_diesel::Timestamp,
}

/// A page of what a person was written, oldest first; one more than `limit` says that there are more.
pub async fn list_of_user(
    conn: &mut Conn,
    user_id: UserId,
    (after, limit): (Option<Uuid>, i64),
) -> Result<Vec<SentMail>, Error> {
    Ok(dsl::mails
        .filter(dsl::recipient.eq(Recipient::User(user_id).to_string()))
        .filter(dsl::id.gt(after.unwrap_or(Uuid::nil())))
        .order(dsl::id)
        .limit(limit + 1)
        .select((dsl::id, dsl::template, dsl::state, dsl::parameters, dsl::created_at))
        .load(conn)
        .await?)
}

/// Forgets what a person was written, also by invitations to their address; what is still to be sent is not.
pub async fn forget(conn: &mut Conn, user_id: UserId, email: Option<&str>) -> Result<(), Error> {
    let statement = "UPDATE mails SET parameters = '{}', \
             last_error = CASE WHEN state = 'pending' THEN 'the person is gone' ELSE last_error END, \
             finished_at = CASE WHEN state = 'pending' THEN $3 ELSE finished_at END, \
             state = CASE WHEN state = 'pending' THEN 'dropped' ELSE state END \
         WHERE recipient = $1 OR (template = 'invitation' AND lower(parameters ->> 'email') = lower($2))";
    diesel::sql_query(statement)
        .bind::<sql_types::Text, _>(Recipient::User(user_id).to_string())
        .bind::<sql_types::Nullable<sql_types::Text>, _>(email)
        .bind::<sql_types::Timestamptz, _>(real_now().to_diesel())
        .execute(conn)
        .await?;
    Ok(())
}
