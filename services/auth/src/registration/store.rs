//! The registrations that links confirm.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::{OneTimeTokenId, UserId};
use store::{Conn, Error};

use crate::{
    columns::parse,
    passwords::PasswordHash,
    schema::{
        one_time_tokens,
        registrations::{self, dsl},
    },
    users::{PersonName, User, store::NewAccount},
};

pub async fn insert(conn: &mut Conn, token_id: OneTimeTokenId, account: &NewAccount) -> Result<(), Error> {
    diesel::insert_into(registrations::table)
        .values((
            dsl::token_id.eq(token_id),
            dsl::password_hash.eq(account.password_hash.as_str()),
            dsl::name.eq(account.name.as_str()),
            dsl::role.eq(account.role.as_str()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Every link of the user signs in, and confirms no password that anybody knows.
pub async fn forget_passwords(conn: &mut Conn, user_id: UserId, unknown: &PasswordHash) -> Result<(), Error> {
    let links = one_time_tokens::table.filter(one_time_tokens::user_id.eq(user_id)).select(one_time_tokens::id);
    let registrations = dsl::registrations.filter(dsl::token_id.eq_any(links));
    diesel::update(registrations).set(dsl::password_hash.eq(unknown.as_str())).execute(conn).await?;
    Ok(())
}

/// Takes what the user's account becomes out of the table: it stands in the account from now on.
pub async fn take(conn: &mut Conn, user: &User, token_id: OneTimeTokenId) -> Result<Option<NewAccount>, Error> {
    let row: Option<(String, String, String)> = diesel::delete(dsl::registrations.find(token_id))
        .returning((dsl::password_hash, dsl::name, dsl::role))
        .get_result(conn)
        .await
        .optional()?;
    row.map(|(hash, name, role)| {
        Ok(NewAccount {
            email: user.email.clone(),
            name: PersonName::from_column(name),
            role: parse(&role)?,
            password_hash: PasswordHash::new(hash),
        })
    })
    .transpose()
}
