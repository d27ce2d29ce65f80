//! The registrations that links confirm.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::OneTimeTokenId;
use store::{Conn, Error};

use crate::{
    columns::parse,
    passwords::PasswordHash,
    schema::registrations::{self, dsl},
    users::{PersonName, UserRole, store::NewAccount},
};

/// What an account becomes when its link is followed.
pub struct Registration {
    pub name: PersonName,
    pub role: UserRole,
    pub password_hash: PasswordHash,
}

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

/// Takes it out of the table: what it says stands in the account from now on.
pub async fn take(conn: &mut Conn, token_id: OneTimeTokenId) -> Result<Option<Registration>, Error> {
    let row: Option<(String, String, String)> = diesel::delete(dsl::registrations.find(token_id))
        .returning((dsl::password_hash, dsl::name, dsl::role))
        .get_result(conn)
        .await
        .optional()?;
    row.map(|(hash, name, role)| {
        Ok(Registration {
            name: PersonName::from_column(name),
            role: parse(&role)?,
            password_hash: PasswordHash::new(hash),
        })
    })
    .transpose()
}
