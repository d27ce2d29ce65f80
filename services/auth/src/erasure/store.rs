//! What is left of a row.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::UserId;
use store::{Conn, Error};

use crate::{
    passwords::PasswordHash,
    schema::{one_time_tokens, passkey_ceremonies, passkeys, sessions, totp_factors, users},
};

/// Nobody's address: `invalid` is a name that never resolves (RFC 2606).
fn nowhere(id: UserId) -> String {
    format!("{id}@erased.invalid")
}

/// Takes the person out of the account's row; answers its new version.
pub async fn erase(conn: &mut Conn, id: UserId, unknown_password: &PasswordHash, now: Timestamp) -> Result<i64, Error> {
    Ok(diesel::update(users::table.find(id))
        .set((
            users::email.eq(nowhere(id)),
            users::name.eq("Erased"),
            users::password_hash.eq(unknown_password.as_str()),
            users::platform_role.eq(None::<String>),
            users::email_verified_at.eq(None::<jiff_diesel::Timestamp>),
            users::erased_at.eq(now.to_diesel()),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now.to_diesel()),
        ))
        .returning(users::version)
        .get_result(conn)
        .await?)
}

/// Forgets every way into the account: the links that were mailed, with the change of address they were for, the second
/// factor with its recovery codes, the passkeys.
pub async fn forget_ways_in(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    diesel::delete(one_time_tokens::table.filter(one_time_tokens::user_id.eq(id))).execute(conn).await?;
    diesel::delete(totp_factors::table.find(id)).execute(conn).await?;
    diesel::delete(passkeys::table.filter(passkeys::user_id.eq(id))).execute(conn).await?;
    diesel::delete(passkey_ceremonies::table.filter(passkey_ceremonies::user_id.eq(id))).execute(conn).await?;
    Ok(())
}

/// Forgets where sessions came from; the sessions themselves have ended.
pub async fn forget_devices(conn: &mut Conn, id: UserId) -> Result<(), Error> {
    diesel::update(sessions::table.filter(sessions::user_id.eq(id)))
        .set((sessions::user_agent.eq(""), sessions::address.eq(None::<String>)))
        .execute(conn)
        .await?;
    Ok(())
}
