//! The table of failed logins.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use store::{Conn, Error};

use super::lockout::{FORGOTTEN_AFTER, LoginFailures};
use crate::schema::login_failures::{self, dsl};

/// What is remembered of this address, locked until the end of the transaction. The row is made where there is none,
/// so that the work is the same for every address and two first failures are counted as two.
pub async fn lock(conn: &mut Conn, email_key: &[u8], now: Timestamp) -> Result<LoginFailures, Error> {
    diesel::insert_into(login_failures::table)
        .values((dsl::email_key.eq(email_key), dsl::failures.eq(0), dsl::last_failed_at.eq(now.to_diesel())))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let (count, last_failed_at): (i32, jiff_diesel::Timestamp) = dsl::login_failures
        .find(email_key)
        .select((dsl::failures, dsl::last_failed_at))
        .for_update()
        .first(conn)
        .await?;
    Ok(LoginFailures { count, last_failed_at: last_failed_at.to_jiff() })
}

pub async fn save(conn: &mut Conn, email_key: &[u8], failures: LoginFailures) -> Result<(), Error> {
    diesel::update(dsl::login_failures.find(email_key))
        .set((dsl::failures.eq(failures.count), dsl::last_failed_at.eq(failures.last_failed_at.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

/// A successful login clears the slate.
pub async fn forget(conn: &mut Conn, email_key: &[u8]) -> Result<(), Error> {
    diesel::delete(dsl::login_failures.find(email_key)).execute(conn).await?;
    Ok(())
}

pub async fn delete_old(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    let forgotten = dsl::login_failures.filter(dsl::last_failed_at.le((now - FORGOTTEN_AFTER).to_diesel()));
    Ok(diesel::delete(forgotten).execute(conn).await?)
}
