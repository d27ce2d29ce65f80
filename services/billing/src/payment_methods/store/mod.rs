//! The table `payment_methods`. Requests find methods through their owner; what a provider names is found by its token's
//! hash. A person's methods are locked in id order.

pub mod customers;
pub mod setups;

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{PaymentMethodId, UserId};
use providers::{MethodSummary, SealedToken};
use store::{Conn, Error};

use super::PaymentMethod;
use crate::{schema::payment_methods as methods, stored, worklist::Worklist};

/// Removed methods that the provider still has.
pub const DETACHMENTS: Worklist<PaymentMethodId> = Worklist {
    table: "payment_methods",
    id: "id",
    open: "removed_at IS NOT NULL AND token IS NOT NULL",
    due: "true",
    order: "removed_at",
    planned: None,
    prefix: "detach_",
    typed: PaymentMethodId::from_uuid,
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = methods, treat_none_as_null = true)]
struct MethodRow {
    id: PaymentMethodId,
    version: i64,
    user_id: UserId,
    provider: String,
    token: Option<String>,
    token_hash: Vec<u8>,
    kind: String,
    brand: Option<String>,
    last4: Option<String>,
    exp_month: Option<i16>,
    exp_year: Option<i16>,
    is_default: bool,
    consented_at: NullableTimestamp,
    removed_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&PaymentMethod> for MethodRow {
    fn from(method: &PaymentMethod) -> Self {
        let summary = &method.summary;
        Self {
            id: method.id,
            version: method.version,
            user_id: method.user_id,
            provider: method.provider.as_str().to_owned(),
            token: method.token.as_ref().map(|token| token.as_str().to_owned()),
            token_hash: method.token_hash.clone(),
            kind: summary.kind.clone(),
            brand: summary.brand.clone(),
            last4: summary.last4.clone(),
            exp_month: summary.exp_month.map(i16::from),
            exp_year: summary.exp_year.and_then(|year| i16::try_from(year).ok()),
            is_default: method.is_default,
            consented_at: method.consented_at.to_diesel(),
            removed_at: method.removed_at.to_diesel(),
            created_at: method.created_at.to_diesel(),
            updated_at: method.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<MethodRow> for PaymentMethod {
    type Error = Error;

    fn try_from(row: MethodRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            version: row.version,
            user_id: row.user_id,
            provider: stored::parse("payment_methods.provider", &row.provider)?,
            token: row.token.map(SealedToken::from_stored),
            token_hash: row.token_hash,
            summary: MethodSummary {
                kind: row.kind,
                brand: row.brand,
                last4: row.last4,
                exp_month: row.exp_month.and_then(|month| u8::try_from(month).ok()),
                exp_year: row.exp_year.and_then(|year| u16::try_from(year).ok()),
            },
            is_default: row.is_default,
            consented_at: row.consented_at.to_jiff(),
            removed_at: row.removed_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// False where the provider's method is known already.
pub async fn insert_method(conn: &mut Conn, method: &PaymentMethod) -> Result<bool, Error> {
    let insert = diesel::insert_into(methods::table)
        .values(MethodRow::from(method))
        .on_conflict((methods::provider, methods::token_hash))
        .do_nothing();
    Ok(insert.execute(conn).await? == 1)
}

/// Saves a method that this transaction has locked.
pub async fn update_method(conn: &mut Conn, method: &PaymentMethod) -> Result<(), Error> {
    let changed = diesel::update(methods::table.find(method.id)).set(MethodRow::from(method)).execute(conn).await?;
    stored::exactly_one(changed)
}

/// For jobs, and for sessions that name it; people see theirs with [`find_own`].
pub async fn find_method(conn: &mut Conn, id: PaymentMethodId) -> Result<Option<PaymentMethod>, Error> {
    let row = methods::table.find(id).select(MethodRow::as_select()).first(conn).await.optional()?;
    row.map(PaymentMethod::try_from).transpose()
}

/// A method of the person that they have not removed.
pub async fn find_own(conn: &mut Conn, user_id: UserId, id: PaymentMethodId) -> Result<Option<PaymentMethod>, Error> {
    let row = methods::table
        .find(id)
        .filter(methods::user_id.eq(user_id))
        .filter(methods::removed_at.is_null())
        .select(MethodRow::as_select())
        .first(conn)
        .await;
    row.optional()?.map(PaymentMethod::try_from).transpose()
}

/// What is charged where a person names no method.
pub async fn find_default(conn: &mut Conn, user_id: UserId) -> Result<Option<PaymentMethod>, Error> {
    let row = methods::table
        .filter(methods::user_id.eq(user_id))
        .filter(methods::is_default)
        .select(MethodRow::as_select())
        .first(conn)
        .await;
    row.optional()?.map(PaymentMethod::try_from).transpose()
}

/// How many methods a person has, removed ones left out.
pub async fn count_own(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    let own = methods::table.filter(methods::user_id.eq(user_id)).filter(methods::removed_at.is_null());
    Ok(own.count().get_result(conn).await?)
}

/// The method that may be charged without the person: their default where they agreed to that, else the newest.
pub async fn find_consented(conn: &mut Conn, user_id: UserId) -> Result<Option<PaymentMethod>, Error> {
    let row = methods::table
        .filter(methods::user_id.eq(user_id))
        .filter(methods::consented_at.is_not_null())
        .order((methods::is_default.desc(), methods::created_at.desc(), methods::id.desc()))
        .select(MethodRow::as_select())
        .first(conn)
        .await;
    row.optional()?.map(PaymentMethod::try_from).transpose()
}

/// A person's methods, removed ones left out, locked.
pub async fn lock_own(conn: &mut Conn, user_id: UserId) -> Result<Vec<PaymentMethod>, Error> {
    let rows: Vec<MethodRow> = methods::table
        .filter(methods::user_id.eq(user_id))
        .filter(methods::removed_at.is_null())
        .order(methods::id)
        .select(MethodRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    rows.into_iter().map(PaymentMethod::try_from).collect()
}

/// The method that the provider knows by a token, locked.
pub async fn lock_by_token(conn: &mut Conn, provider: &str, hash: &[u8]) -> Result<Option<PaymentMethod>, Error> {
    let row = methods::table
        .filter(methods::provider.eq(provider))
        .filter(methods::token_hash.eq(hash))
        .select(MethodRow::as_select())
        .for_no_key_update()
        .first(conn)
        .await;
    row.optional()?.map(PaymentMethod::try_from).transpose()
}

/// A person's methods, newest first, removed ones left out, after the given key.
pub async fn list_methods(
    conn: &mut Conn,
    user_id: UserId,
    after: Option<(Timestamp, PaymentMethodId)>,
    limit: i64,
) -> Result<Vec<PaymentMethod>, Error> {
    let mut query = methods::table
        .filter(methods::user_id.eq(user_id))
        .filter(methods::removed_at.is_null())
        .select(MethodRow::as_select())
        .order((methods::created_at.desc(), methods::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((created_at, id)) = after {
        let created_at = created_at.to_diesel();
        let same_instant = methods::created_at.eq(created_at).and(methods::id.lt(id));
        query = query.filter(methods::created_at.lt(created_at).or(same_instant));
    }
    let rows: Vec<MethodRow> = query.load(conn).await?;
    rows.into_iter().map(PaymentMethod::try_from).collect()
}

/// Nothing is left of a person's methods but that there were some: payments made with them stay.
pub async fn forget_methods(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<(), Error> {
    let theirs = || methods::table.filter(methods::user_id.eq(user_id));
    diesel::update(theirs().filter(methods::removed_at.is_null()))
        .set((
            methods::removed_at.eq(now.to_diesel()),
            methods::is_default.eq(false),
            methods::consented_at.eq(None::<jiff_diesel::Timestamp>),
        ))
        .execute(conn)
        .await?;
    let (no_text, no_number) = (None::<&str>, None::<i16>);
    diesel::update(theirs())
        .set((
            methods::token.eq(no_text),
            methods::brand.eq(no_text),
            methods::last4.eq(no_text),
            methods::exp_month.eq(no_number),
            methods::exp_year.eq(no_number),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider has given it up.
pub async fn drop_token(conn: &mut Conn, id: PaymentMethodId) -> Result<(), Error> {
    let dropped = methods::token.eq(None::<String>);
    diesel::update(methods::table.find(id).filter(methods::removed_at.is_not_null()))
        .set(dropped)
        .execute(conn)
        .await?;
    Ok(())
}

/// The owners after the given one who have a token here, in order.
pub async fn owners_after(conn: &mut Conn, after: Option<UserId>, limit: i64) -> Result<Vec<UserId>, Error> {
    let mut query = methods::table
        .filter(methods::token.is_not_null())
        .select(methods::user_id)
        .distinct()
        .order(methods::user_id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(methods::user_id.gt(after));
    }
    Ok(query.load(conn).await?)
}

/// Every method of a person that has a token, removed or not, locked: for the rotation of keys.
pub async fn lock_sealed(conn: &mut Conn, user_id: UserId) -> Result<Vec<PaymentMethod>, Error> {
    let rows: Vec<MethodRow> = methods::table
        .filter(methods::user_id.eq(user_id))
        .filter(methods::token.is_not_null())
        .order(methods::id)
        .select(MethodRow::as_select())
        .for_no_key_update()
        .load(conn)
        .await?;
    rows.into_iter().map(PaymentMethod::try_from).collect()
}
