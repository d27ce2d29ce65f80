//! Rows of mails.

use ::store::{Conn, Error, sql::Prepare};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;

use crate::schema::mails;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mails)]
pub struct MailRow {
    pub id: String,
    /// As it was sent: perhaps with a name.
    pub recipient: String,
    /// The bare address in lower case, for looking it up.
    pub address: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub sent_at: Timestamp,
}

/// The most that one look shows.
const MOST: i64 = 500;

/// A mail that is there already stays as it is.
pub async fn insert_mail(conn: &mut Conn, row: MailRow) -> Result<(), Error> {
    diesel::insert_into(mails::table).values(row).on_conflict_do_nothing().prepared().execute(conn).await?;
    Ok(())
}

/// Newest first.
pub async fn list_mails(conn: &mut Conn, address: Option<&str>) -> Result<Vec<MailRow>, Error> {
    let mut query = mails::table.select(MailRow::as_select()).order(mails::seq.desc()).limit(MOST).into_boxed();
    if let Some(address) = address {
        query = query.filter(mails::address.eq(address));
    }
    Ok(query.load(conn).await?)
}
