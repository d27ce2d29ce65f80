//! The registrations that links confirm.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::{OneTimeTokenId, UserId};
use store::{Conn, Error};

use super::{Place, Registration};
use crate::{
    columns::parse,
    passwords::PasswordHash,
    schema::{
        one_time_tokens,
        registrations::{self, dsl},
    },
    users::{PersonName, User, store::NewAccount},
};

pub async fn insert(conn: &mut Conn, token_id: OneTimeTokenId, form: &Registration) -> Result<(), Error> {
    let account = &form.account;
    diesel::insert_into(registrations::table)
        .values((
            dsl::token_id.eq(token_id),
            dsl::password_hash.eq(account.password_hash.as_str()),
            dsl::name.eq(account.name.as_str()),
            dsl::role.eq(account.role.as_str()),
            dsl::asked_from.eq(form.asked_from.as_ref().map(Place::as_str)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Every link of the user signs in, and confirms no password that anybody knows.
pub async fn forget_passwords(conn: &mut Conn, user_id: UserId, unknown: &PasswordHash) -> Result<(), Error> {
    let links = one_time_tokens::table.filter(one_time_tokens::user_id.eq(user_id)).select(one_time_tokens::id);
    let registrations = dsl::registrations.filter(dsl::token_id.eq_any(links));
    let nobodys = (dsl::password_hash.eq(unknown.as_str()), dsl::asked_from.eq(None::<String>));
    diesel::update(registrations).set(nobodys).execute(conn).await?;
    Ok(())
}

/// Where the form was filled in that the newest link is for.
pub async fn asked_from(conn: &mut Conn, user_id: UserId) -> Result<Option<Place>, Error> {
    let newest = one_time_tokens::table
        .inner_join(registrations::table)
        .filter(one_time_tokens::user_id.eq(user_id))
        .order((one_time_tokens::created_at.desc(), one_time_tokens::id.desc()));
    let place: Option<Option<String>> = newest.select(dsl::asked_from).first(conn).await.optional()?;
    Ok(place.flatten().map(Place::from_column))
}

/// Takes what the user's account becomes out of the table: it stands in the account from now on.
pub async fn take(conn: &mut Conn, user: &User, token_id: OneTimeTokenId) -> Result<Option<Registration>, Error> {
    let row: Option<(String, String, String, Option<String>)> = diesel::delete(dsl::registrations.find(token_id))
        .returning((dsl::password_hash, dsl::name, dsl::role, dsl::asked_from))
        .get_result(conn)
        .await
        .optional()?;
    row.map(|(hash, name, role, asked_from)| {
        let account = NewAccount {
            email: user.email.clone(),
            name: PersonName::from_column(name),
            role: parse(&role)?,
            password_hash: PasswordHash::new(hash),
        };
        Ok(Registration { account, asked_from: asked_from.map(Place::from_column) })
    })
    .transpose()
}
