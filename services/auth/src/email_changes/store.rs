//! The table of changes that wait.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{OneTimeTokenId, UserId, new_uuid};
use store::{Conn, Error};

use super::model::{EmailChange, Side};
use crate::{
    one_time_tokens::{self, Purpose},
    schema::email_changes::{self, dsl},
    users::Email,
};

/// In place of the user's change before, which has to be cancelled first.
pub async fn insert(
    conn: &mut Conn,
    user_id: UserId,
    new_email: &Email,
    (current_token_id, new_token_id): (OneTimeTokenId, OneTimeTokenId),
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(email_changes::table)
        .values((
            dsl::id.eq(new_uuid()),
            dsl::user_id.eq(user_id),
            dsl::new_email.eq(new_email.as_str()),
            dsl::current_token_id.eq(current_token_id),
            dsl::new_token_id.eq(new_token_id),
            dsl::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

type Row = (String, OneTimeTokenId, OneTimeTokenId, Option<jiff_diesel::Timestamp>, Option<jiff_diesel::Timestamp>);

/// The user's change; lock the user first.
pub async fn find_of_user(conn: &mut Conn, user_id: UserId) -> Result<Option<EmailChange>, Error> {
    let row: Option<Row> = dsl::email_changes
        .filter(dsl::user_id.eq(user_id))
        .select((
            dsl::new_email,
            dsl::current_token_id,
            dsl::new_token_id,
            dsl::current_confirmed_at,
            dsl::new_confirmed_at,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(new_email, current_token_id, new_token_id, current_confirmed_at, new_confirmed_at)| EmailChange {
        new_email: Email::from_column(new_email),
        current_token_id,
        new_token_id,
        current_confirmed: current_confirmed_at.is_some(),
        new_confirmed: new_confirmed_at.is_some(),
    }))
}

pub async fn confirm(conn: &mut Conn, user_id: UserId, side: Side, now: Timestamp) -> Result<(), Error> {
    let change = dsl::email_changes.filter(dsl::user_id.eq(user_id));
    match side {
        Side::Current => {
            diesel::update(change).set(dsl::current_confirmed_at.eq(now.to_diesel())).execute(conn).await?
        }
        Side::New => diesel::update(change).set(dsl::new_confirmed_at.eq(now.to_diesel())).execute(conn).await?,
    };
    Ok(())
}

/// The user's change is off, whether it waits or is done: its links work no more.
pub async fn cancel_in_tx(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<(), Error> {
    one_time_tokens::store::supersede_all(conn, user_id, Purpose::ConfirmCurrentEmail, now).await?;
    one_time_tokens::store::supersede_all(conn, user_id, Purpose::ConfirmNewEmail, now).await?;
    diesel::delete(dsl::email_changes.filter(dsl::user_id.eq(user_id))).execute(conn).await?;
    Ok(())
}
