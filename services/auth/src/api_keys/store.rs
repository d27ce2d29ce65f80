//! The table of API keys.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, Selectable,
    SelectableHelper, prelude::Queryable,
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::{ApiKeyId, CompanyId, UserId};
use store::{Conn, Error};

use super::{ApiKey, KeyOwner, NewApiKey};
use crate::schema::api_keys::{self, dsl};

/// The last use is written this often at most: a busy key does not cost a write for each request.
const USE_IS_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
struct ApiKeyRow {
    id: ApiKeyId,
    user_id: Option<UserId>,
    company_id: Option<CompanyId>,
    name: String,
    prefix: String,
    scopes: String,
    created_by: UserId,
    version: i64,
    created_at: jiff_diesel::Timestamp,
    expires_at: Option<jiff_diesel::Timestamp>,
    last_used_at: Option<jiff_diesel::Timestamp>,
    revoked_at: Option<jiff_diesel::Timestamp>,
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        let owner = match (row.user_id, row.company_id) {
            (_, Some(company_id)) => KeyOwner::Company(company_id),
            // The table's check says that one of the two is there.
            (user_id, None) => KeyOwner::User(user_id.unwrap_or(row.created_by)),
        };
        Self {
            id: row.id,
            owner,
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes.split(' ').map(str::to_owned).collect(),
            created_by: row.created_by,
            version: row.version,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.map(|at| at.to_jiff()),
            last_used_at: row.last_used_at.map(|at| at.to_jiff()),
            revoked_at: row.revoked_at.map(|at| at.to_jiff()),
        }
    }
}

type OfOwner = Box<
    dyn diesel::BoxableExpression<
            api_keys::table,
            diesel::pg::Pg,
            SqlType = diesel::sql_types::Nullable<diesel::sql_types::Bool>,
        >,
>;

fn of(owner: KeyOwner) -> OfOwner {
    match owner {
        KeyOwner::User(id) => Box::new(dsl::user_id.eq(Some(id))),
        KeyOwner::Company(id) => Box::new(dsl::company_id.eq(Some(id))),
    }
}

/// The prefix and the hash of a secret.
pub struct StoredSecret {
    pub prefix: String,
    pub hash: Vec<u8>,
}

pub async fn insert(
    conn: &mut Conn,
    owner: KeyOwner,
    (key, secret): (&NewApiKey, &StoredSecret),
    created_by: UserId,
    now: Timestamp,
) -> Result<ApiKey, Error> {
    let (user_id, company_id) = match owner {
        KeyOwner::User(id) => (Some(id), None),
        KeyOwner::Company(id) => (None, Some(id)),
    };
    let row: ApiKeyRow = diesel::insert_into(api_keys::table)
        .values((
            dsl::id.eq(ApiKeyId::new()),
            dsl::user_id.eq(user_id),
            dsl::company_id.eq(company_id),
            dsl::name.eq(key.name.as_str()),
            dsl::prefix.eq(&secret.prefix),
            dsl::secret_hash.eq(&secret.hash),
            dsl::scopes.eq(key.scopes.joined()),
            dsl::created_by.eq(created_by),
            dsl::version.eq(1),
            dsl::created_at.eq(now.to_diesel()),
            dsl::expires_at.eq(key.expires_at.map(|at| at.to_diesel())),
        ))
        .returning(ApiKeyRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row.into())
}

pub async fn count_usable(conn: &mut Conn, owner: KeyOwner, now: Timestamp) -> Result<i64, Error> {
    let usable = dsl::api_keys
        .filter(of(owner))
        .filter(dsl::revoked_at.is_null())
        .filter(dsl::expires_at.is_null().or(dsl::expires_at.assume_not_null().gt(now.to_diesel())));
    Ok(usable.count().get_result(conn).await?)
}

/// A page of the keys that are not revoked, oldest first; one more than `limit` says that there are more.
pub async fn list(
    conn: &mut Conn,
    owner: KeyOwner,
    (after, limit): (Option<ApiKeyId>, i64),
) -> Result<Vec<ApiKey>, Error> {
    let mut query = dsl::api_keys
        .filter(of(owner))
        .filter(dsl::revoked_at.is_null())
        .order(dsl::id)
        .limit(limit + 1)
        .select(ApiKeyRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    let rows: Vec<ApiKeyRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// The key a secret belongs to, usable or not.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8]) -> Result<Option<ApiKey>, Error> {
    let query = dsl::api_keys.filter(dsl::secret_hash.eq(hash)).select(ApiKeyRow::as_select());
    let row: Option<ApiKeyRow> = query.first(conn).await.optional()?;
    Ok(row.map(ApiKey::from))
}

/// Notes that the key is in use, unless that was noted just now.
pub async fn note_use(conn: &mut Conn, id: ApiKeyId, now: Timestamp) -> Result<(), Error> {
    let before = now - USE_IS_NOTED_EVERY;
    let unnoted = dsl::api_keys
        .find(id)
        .filter(dsl::last_used_at.is_null().or(dsl::last_used_at.assume_not_null().le(before.to_diesel())));
    diesel::update(unnoted).set(dsl::last_used_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}

/// `None` when the owner has no such key, or it was revoked before.
pub async fn revoke(conn: &mut Conn, owner: KeyOwner, id: ApiKeyId, now: Timestamp) -> Result<Option<ApiKey>, Error> {
    let key = dsl::api_keys.filter(dsl::id.eq(id)).filter(of(owner)).filter(dsl::revoked_at.is_null());
    let row: Option<ApiKeyRow> = diesel::update(key)
        .set((dsl::revoked_at.eq(now.to_diesel()), dsl::version.eq(dsl::version + 1)))
        .returning(ApiKeyRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(ApiKey::from))
}

/// Revokes whatever the owner has left.
pub async fn revoke_all(conn: &mut Conn, owner: KeyOwner, now: Timestamp) -> Result<Vec<ApiKey>, Error> {
    let open = dsl::api_keys.filter(of(owner)).filter(dsl::revoked_at.is_null());
    let rows: Vec<ApiKeyRow> = diesel::update(open)
        .set((dsl::revoked_at.eq(now.to_diesel()), dsl::version.eq(dsl::version + 1)))
        .returning(ApiKeyRow::as_returning())
        .get_results(conn)
        .await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}
