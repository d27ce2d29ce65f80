//! The table `portal_sessions`.

use ::store::{Conn, Error};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use crate::schema::portal_sessions;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = portal_sessions)]
pub struct PortalRow {
    pub token: String,
    pub id: String,
    pub customer_id: String,
    pub return_url: String,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

pub async fn insert_portal(conn: &mut Conn, row: PortalRow) -> Result<(), Error> {
    diesel::insert_into(portal_sessions::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_portal(conn: &mut Conn, token: &str) -> Result<Option<PortalRow>, Error> {
    let row = portal_sessions::table.find(token).select(PortalRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}
