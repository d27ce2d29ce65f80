//! The tables `provider_connections` and `provider_authorizations`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, UserId};
use providers::SealedToken;
use store::{Conn, Error};

use super::model::{Connection, ConnectionState};
use crate::{
    schema::{provider_authorizations as authorizations, provider_connections as connections},
    stored,
    worklist::Worklist,
};

const SQUARE: &str = "square";

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = connections, primary_key(company_id, provider), treat_none_as_null = true)]
struct ConnectionRow {
    company_id: CompanyId,
    provider: String,
    merchant_id: String,
    state: String,
    access_token: String,
    refresh_token: String,
    expires_at: jiff_diesel::Timestamp,
    refresh_at: NullableTimestamp,
    connected_by: UserId,
    connected_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&Connection> for ConnectionRow {
    fn from(connection: &Connection) -> Self {
        Self {
            company_id: connection.company_id,
            provider: SQUARE.to_owned(),
            merchant_id: connection.merchant_id.clone(),
            state: connection.state.as_str().to_owned(),
            access_token: connection.access_token.as_str().to_owned(),
            refresh_token: connection.refresh_token.as_str().to_owned(),
            expires_at: connection.expires_at.to_diesel(),
            refresh_at: connection.refresh_at.to_diesel(),
            connected_by: connection.connected_by,
            connected_at: connection.connected_at.to_diesel(),
            updated_at: connection.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<ConnectionRow> for Connection {
    type Error = Error;

    fn try_from(row: ConnectionRow) -> Result<Self, Error> {
        Ok(Self {
            company_id: row.company_id,
            merchant_id: row.merchant_id,
            state: stored::parse("provider_connections.state", &row.state)?,
            access_token: SealedToken::from_stored(row.access_token),
            refresh_token: SealedToken::from_stored(row.refresh_token),
            expires_at: row.expires_at.to_jiff(),
            refresh_at: row.refresh_at.to_jiff(),
            connected_by: row.connected_by,
            connected_at: row.connected_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// Somebody who was sent to the provider.
#[derive(Debug, Clone, diesel::Queryable, diesel::Insertable)]
#[diesel(table_name = authorizations)]
pub struct AuthorizationRow {
    pub state_hash: Vec<u8>,
    pub company_id: CompanyId,
    pub user_id: UserId,
    pub verifier: String,
    pub expires_at: jiff_diesel::Timestamp,
}

/// Keeps a new one and forgets those that nobody came back for.
pub async fn insert_authorization(conn: &mut Conn, row: &AuthorizationRow, now: Timestamp) -> Result<(), Error> {
    diesel::delete(authorizations::table.filter(authorizations::expires_at.le(now.to_diesel()))).execute(conn).await?;
    diesel::insert_into(authorizations::table).values(row.clone()).execute(conn).await?;
    Ok(())
}

/// Takes one out: it is good once.
pub async fn take_authorization(
    conn: &mut Conn,
    state_hash: &[u8],
    now: Timestamp,
) -> Result<Option<AuthorizationRow>, Error> {
    let row: Option<AuthorizationRow> = diesel::delete(authorizations::table.find(state_hash))
        .returning(authorizations::all_columns)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.filter(|row| now < row.expires_at.to_jiff()))
}

pub async fn find(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Connection>, Error> {
    let row = connections::table.find((company_id, SQUARE)).select(ConnectionRow::as_select()).first(conn).await;
    row.optional()?.map(Connection::try_from).transpose()
}

pub async fn lock(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Connection>, Error> {
    let found = connections::table.find((company_id, SQUARE)).select(ConnectionRow::as_select());
    found.for_no_key_update().first(conn).await.optional()?.map(Connection::try_from).transpose()
}

/// Connecting again replaces what was there, and begins to count retries anew.
pub async fn save(conn: &mut Conn, connection: &Connection) -> Result<(), Error> {
    let fresh = (connections::refresh_retry_at.eq(None::<jiff_diesel::Timestamp>), connections::refresh_retries.eq(0));
    diesel::insert_into(connections::table)
        .values(ConnectionRow::from(connection))
        .on_conflict((connections::company_id, connections::provider))
        .do_update()
        .set((ConnectionRow::from(connection), fresh))
        .execute(conn)
        .await?;
    Ok(())
}

/// False where there was none.
pub async fn delete(conn: &mut Conn, company_id: CompanyId) -> Result<bool, Error> {
    Ok(diesel::delete(connections::table.find((company_id, SQUARE))).execute(conn).await? > 0)
}

/// Connections whose tokens are to be exchanged.
pub const REFRESHES: Worklist<CompanyId> = Worklist {
    table: "provider_connections",
    id: "company_id",
    open: "refresh_at IS NOT NULL",
    due: "refresh_at <= $1",
    order: "refresh_at",
    planned: Some("refresh_at"),
    prefix: "refresh_",
    typed: CompanyId::from_uuid,
};

/// The companies after the given one that have a connection, in order.
pub async fn companies_after(conn: &mut Conn, after: Option<CompanyId>, limit: i64) -> Result<Vec<CompanyId>, Error> {
    let mut query =
        connections::table.select(connections::company_id).order(connections::company_id).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(connections::company_id.gt(after));
    }
    Ok(query.load(conn).await?)
}

/// What a connection becomes when the provider takes its token no more.
pub fn refused(mut connection: Connection, now: Timestamp) -> Connection {
    connection.state = ConnectionState::Reconnect;
    connection.refresh_at = None;
    connection.updated_at = now;
    connection
}
