//! Rows of contacts.

use ::store::{Conn, Error};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use kernel::UserId;

use crate::schema::contacts::{self, dsl};

/// Where mail to a person goes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = contacts, check_for_backend(diesel::pg::Pg))]
pub struct Contact {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
}

impl Contact {
    /// The row of a person who is gone: it keeps an older event from bringing their address back.
    pub fn is_erased(&self) -> bool {
        self.email.is_empty()
    }
}

/// Forgets a person's address and name, and answers the address.
pub async fn erase(conn: &mut Conn, user_id: UserId, version: i64) -> Result<Option<String>, Error> {
    let known = find(conn, user_id).await?.filter(|contact| !contact.is_erased());
    let nobody = Contact { user_id, email: String::new(), name: String::new() };
    upsert(conn, &nobody, version).await?;
    Ok(known.map(|contact| contact.email))
}

/// Keeps what an event says, unless a newer one was here before.
pub async fn upsert(conn: &mut Conn, contact: &Contact, version: i64) -> Result<(), Error> {
    use diesel::query_dsl::methods::FilterDsl as _;

    diesel::insert_into(contacts::table)
        .values((
            dsl::user_id.eq(contact.user_id),
            dsl::email.eq(&contact.email),
            dsl::name.eq(&contact.name),
            dsl::version.eq(version),
        ))
        .on_conflict(dsl::user_id)
        .do_update()
        .set((
            dsl::email.eq(excluded(dsl::email)),
            dsl::name.eq(excluded(dsl::name)),
            dsl::version.eq(excluded(dsl::version)),
        ))
        .filter(dsl::version.lt(excluded(dsl::version)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps what was asked for, where no event has told us.
pub async fn remember(conn: &mut Conn, contact: &Contact) -> Result<(), Error> {
    upsert(conn, contact, 0).await
}

pub async fn find(conn: &mut Conn, user_id: UserId) -> Result<Option<Contact>, Error> {
    Ok(dsl::contacts.find(user_id).select(Contact::as_select()).first(conn).await.optional()?)
}
