//! The table `provider_customers`: people as providers know them. Whoever locks more of a person than one row locks these
//! first, then their setups, then their methods.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::UserId;
use providers::ProviderName;
use store::{Conn, Error};
use uuid::Uuid;

use crate::{schema::provider_customers as customers, worklist::Worklist};

/// People whose address the provider is to be told.
pub const TELLINGS: Worklist<Uuid> = Worklist {
    table: "provider_customers",
    id: "id",
    open: "email_to_tell IS NOT NULL AND provider_customer_id IS NOT NULL",
    due: "true",
    order: "created_at",
    planned: None,
    prefix: "tell_",
    typed: std::convert::identity,
};

/// People who have gone and whom the provider still knows.
pub const FORGETTINGS: Worklist<Uuid> = Worklist {
    table: "provider_customers",
    id: "id",
    open: "forget_requested_at IS NOT NULL",
    due: "true",
    order: "forget_requested_at",
    planned: None,
    prefix: "forget_",
    typed: std::convert::identity,
};

#[derive(Debug, Clone, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = customers)]
pub struct Customer {
    pub id: Uuid,
    pub user_id: UserId,
    pub provider: String,
    pub provider_customer_id: Option<String>,
    pub email_to_tell: Option<String>,
    forget_requested_at: NullableTimestamp,
}

impl Customer {
    pub fn has_gone(&self) -> bool {
        self.forget_requested_at.to_jiff().is_some()
    }
}

/// Finds somebody, who is recorded where they are not, with the address they have. One that is known stays: another one
/// is told by [`change_email`].
pub async fn record_customer_in_tx(
    conn: &mut Conn,
    (provider, user_id): (ProviderName, UserId),
    email: Option<&str>,
    now: Timestamp,
) -> Result<Customer, Error> {
    diesel::insert_into(customers::table)
        .values((
            customers::id.eq(kernel::new_uuid()),
            customers::user_id.eq(user_id),
            customers::provider.eq(provider.as_str()),
            customers::created_at.eq(now.to_diesel()),
        ))
        .on_conflict((customers::user_id, customers::provider))
        .do_nothing()
        .execute(conn)
        .await?;
    let theirs = || customers::user_id.eq(user_id).and(customers::provider.eq(provider.as_str()));
    if let Some(email) = email {
        let has_none = customers::email.is_null().and(customers::email_to_tell.is_null());
        diesel::update(customers::table.filter(theirs()).filter(has_none))
            .filter(customers::forget_requested_at.is_null())
            .set(customers::email_to_tell.eq(email))
            .execute(conn)
            .await?;
    }
    Ok(customers::table.filter(theirs()).select(Customer::as_select()).first(conn).await?)
}

/// The provider's answer. False where the person has gone meanwhile: then it is to forget them.
pub async fn save_provider_id(conn: &mut Conn, id: Uuid, provider_customer_id: &str) -> Result<bool, Error> {
    let known = customers::provider_customer_id.eq(provider_customer_id);
    let update = diesel::update(customers::table.find(id).filter(customers::forget_requested_at.is_null())).set(known);
    Ok(update.execute(conn).await? == 1)
}

/// An account has another address since its given version. Who is known to no provider is nobody's business here. A job
/// that is telling an address just now keeps its lease: two addresses on the way at once could arrive in either order.
pub async fn change_email(conn: &mut Conn, user_id: UserId, email: &str, version: i64) -> Result<(), Error> {
    diesel::update(customers::table.filter(customers::user_id.eq(user_id)))
        .filter(customers::email_version.lt(version))
        .filter(customers::forget_requested_at.is_null())
        .set((customers::email_to_tell.eq(email), customers::email_version.eq(version)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider has been told an address. Another one that has come meanwhile is still to be told.
pub async fn record_told(conn: &mut Conn, id: Uuid, email: &str) -> Result<(), Error> {
    diesel::update(customers::table.find(id).filter(customers::email_to_tell.eq(email)))
        .set((customers::email.eq(email), customers::email_to_tell.eq(None::<String>)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Locks what is known of a person at providers, and with it whatever they save. False where they are not known there, or
/// have gone.
pub async fn lock_person(conn: &mut Conn, user_id: UserId) -> Result<bool, Error> {
    let rows: Vec<Customer> = customers::table
        .filter(customers::user_id.eq(user_id))
        .order(customers::id)
        .select(Customer::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    Ok(rows.iter().any(|customer| !customer.has_gone()))
}

pub async fn find_customer(
    conn: &mut Conn,
    provider: ProviderName,
    user_id: UserId,
) -> Result<Option<Customer>, Error> {
    let found = customers::table
        .filter(customers::user_id.eq(user_id))
        .filter(customers::provider.eq(provider.as_str()))
        .select(Customer::as_select())
        .first(conn)
        .await;
    Ok(found.optional()?)
}

/// Whom the provider knows by an id.
pub async fn find_known(
    conn: &mut Conn,
    provider: ProviderName,
    provider_customer_id: &str,
) -> Result<Option<UserId>, Error> {
    let found = customers::table
        .filter(customers::provider.eq(provider.as_str()))
        .filter(customers::provider_customer_id.eq(provider_customer_id))
        .select(customers::user_id)
        .first(conn)
        .await;
    Ok(found.optional()?)
}

/// A person has chosen their default method at the given instant. False where they have chosen one later.
pub async fn record_default_chosen(
    conn: &mut Conn,
    (provider, user_id): (ProviderName, UserId),
    at: Timestamp,
) -> Result<bool, Error> {
    let at = at.to_diesel();
    let not_later = customers::default_chosen_at.is_null().or(customers::default_chosen_at.le(at));
    let update = diesel::update(customers::table.filter(customers::user_id.eq(user_id)))
        .filter(customers::provider.eq(provider.as_str()))
        .filter(not_later)
        .set(customers::default_chosen_at.eq(at));
    Ok(update.execute(conn).await? == 1)
}

/// A person has gone: `forget_customer` does the rest.
pub async fn request_forgetting(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<(), Error> {
    let no_address = (customers::email.eq(None::<String>), customers::email_to_tell.eq(None::<String>));
    diesel::update(customers::table.filter(customers::user_id.eq(user_id)))
        .set((customers::forget_requested_at.eq(now.to_diesel()), no_address))
        .execute(conn)
        .await?;
    Ok(())
}

/// For jobs; others know people by their own id.
pub async fn find_by_id(conn: &mut Conn, id: Uuid) -> Result<Option<Customer>, Error> {
    Ok(customers::table.find(id).select(Customer::as_select()).first(conn).await.optional()?)
}

pub async fn delete_customer(conn: &mut Conn, id: Uuid) -> Result<(), Error> {
    diesel::delete(customers::table.find(id)).execute(conn).await?;
    Ok(())
}
