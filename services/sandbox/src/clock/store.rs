//! The one row.

use ::store::{Conn, Error};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::clock;

pub async fn offset_secs(conn: &mut Conn) -> Result<i64, Error> {
    Ok(clock::table.select(clock::offset_secs).first(conn).await?)
}

/// An offset that is already further stays.
pub async fn save_offset_secs(conn: &mut Conn, offset_secs: i64) -> Result<(), Error> {
    diesel::update(clock::table.filter(clock::offset_secs.lt(offset_secs)))
        .set(clock::offset_secs.eq(offset_secs))
        .execute(conn)
        .await?;
    Ok(())
}
