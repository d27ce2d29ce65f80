//! Lots and spends as rows.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, Timestamp as DieselTimestamp, ToDiesel};
use kernel::{CreditGrantId, Currency, TransferId, UserId};
use store::{Conn, Error};

use super::model::{Lot, Origin, Portion};
use crate::schema::{credit_lots as lots, credit_spend_parts as parts, credit_spends as spends};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = lots, check_for_backend(diesel::pg::Pg))]
pub struct LotRow {
    pub id: CreditGrantId,
    pub user_id: UserId,
    pub currency: Currency,
    pub origin: String,
    pub source: String,
    pub granted: i64,
    pub remaining: i64,
    pub granted_at: DieselTimestamp,
    pub expires_at: NullableTimestamp,
}

impl From<LotRow> for Lot {
    fn from(row: LotRow) -> Self {
        Self {
            id: row.id,
            granted: row.granted,
            remaining: row.remaining,
            granted_at: row.granted_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
        }
    }
}

/// A grant as it is written.
pub struct NewLot<'a> {
    pub id: CreditGrantId,
    pub user_id: UserId,
    pub currency: Currency,
    pub origin: Origin,
    pub source: &'a str,
    pub amount: i64,
    pub granted_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// False where there is one of this id already.
pub async fn insert_lot(conn: &mut Conn, lot: &NewLot<'_>) -> Result<bool, Error> {
    let inserted = diesel::insert_into(lots::table)
        .values((
            lots::id.eq(lot.id),
            lots::user_id.eq(lot.user_id),
            lots::currency.eq(lot.currency),
            lots::origin.eq(lot.origin.as_str()),
            lots::source.eq(lot.source),
            lots::granted.eq(lot.amount),
            lots::remaining.eq(lot.amount),
            lots::granted_at.eq(lot.granted_at.to_diesel()),
            lots::expires_at.eq(lot.expires_at.map(ToDiesel::to_diesel)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

pub async fn lock_lot(conn: &mut Conn, id: CreditGrantId) -> Result<Option<LotRow>, Error> {
    Ok(lots::table.find(id).select(LotRow::as_select()).for_update().first(conn).await.optional()?)
}

/// Locks the lots of a customer that have something left, in the order of their ids.
pub async fn lock_lots(conn: &mut Conn, user_id: UserId, currency: Currency) -> Result<Vec<Lot>, Error> {
    let rows: Vec<LotRow> = lots::table
        .filter(lots::user_id.eq(user_id).and(lots::currency.eq(currency)).and(lots::remaining.gt(0)))
        .order(lots::id)
        .select(LotRow::as_select())
        .for_update()
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Lot::from).collect())
}

/// Adds to what is left of a lot; a negative amount takes from it.
pub async fn change_lot(conn: &mut Conn, id: CreditGrantId, amount: i64) -> Result<(), Error> {
    diesel::update(lots::table.find(id)).set(lots::remaining.eq(lots::remaining + amount)).execute(conn).await?;
    Ok(())
}

/// Lots whose time is over and of which something is left, the earliest first.
pub async fn due_lots(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<CreditGrantId>, Error> {
    Ok(lots::table
        .filter(lots::remaining.gt(0).and(lots::expires_at.le(now.to_diesel())))
        .order(lots::expires_at)
        .limit(limit)
        .select(lots::id)
        .load(conn)
        .await?)
}

pub async fn next_expiry(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let query = lots::table.filter(lots::remaining.gt(0)).select(diesel::dsl::min(lots::expires_at));
    let next: NullableTimestamp = query.first(conn).await?;
    Ok(next.to_jiff())
}

/// A customer's grants, newest first.
pub async fn list_lots(
    conn: &mut Conn,
    user_id: UserId,
    before: Option<(Timestamp, CreditGrantId)>,
    limit: i64,
) -> Result<Vec<LotRow>, Error> {
    let mut query = lots::table
        .filter(lots::user_id.eq(user_id))
        .order((lots::granted_at.desc(), lots::id.desc()))
        .select(LotRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some((at, id)) = before {
        let at = at.to_diesel();
        query = query.filter(lots::granted_at.lt(at).or(lots::granted_at.eq(at).and(lots::id.lt(id))));
    }
    Ok(query.load(conn).await?)
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = spends, check_for_backend(diesel::pg::Pg))]
pub struct SpendRow {
    pub hold_id: TransferId,
    pub user_id: UserId,
    pub currency: Currency,
    pub source: String,
    pub amount: i64,
    pub captured: Option<i64>,
}

pub async fn find_spend(conn: &mut Conn, hold_id: TransferId) -> Result<Option<SpendRow>, Error> {
    Ok(spends::table.find(hold_id).select(SpendRow::as_select()).first(conn).await.optional()?)
}

pub async fn lock_spend(conn: &mut Conn, hold_id: TransferId) -> Result<Option<SpendRow>, Error> {
    Ok(spends::table.find(hold_id).select(SpendRow::as_select()).for_update().first(conn).await.optional()?)
}

pub async fn insert_spend(conn: &mut Conn, spend: &SpendRow, portions: &[Portion]) -> Result<(), Error> {
    diesel::insert_into(spends::table)
        .values((
            spends::hold_id.eq(spend.hold_id),
            spends::user_id.eq(spend.user_id),
            spends::currency.eq(spend.currency),
            spends::source.eq(&spend.source),
            spends::amount.eq(spend.amount),
        ))
        .execute(conn)
        .await?;
    let rows: Vec<_> = (0_i16..)
        .zip(portions)
        .map(|(place, portion)| {
            (
                parts::hold_id.eq(spend.hold_id),
                parts::place.eq(place),
                parts::lot_id.eq(portion.lot),
                parts::amount.eq(portion.amount),
            )
        })
        .collect();
    diesel::insert_into(parts::table).values(rows).execute(conn).await?;
    Ok(())
}

pub async fn portions_of(conn: &mut Conn, hold_id: TransferId) -> Result<Vec<Portion>, Error> {
    let rows: Vec<(CreditGrantId, i64)> = parts::table
        .filter(parts::hold_id.eq(hold_id))
        .order(parts::place)
        .select((parts::lot_id, parts::amount))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(lot, amount)| Portion { lot, amount }).collect())
}

pub async fn close_spend(conn: &mut Conn, hold_id: TransferId, captured: i64) -> Result<(), Error> {
    diesel::update(spends::table.find(hold_id)).set(spends::captured.eq(captured)).execute(conn).await?;
    Ok(())
}

/// Open spends whose hold has been closed by somebody else: it expired.
pub async fn orphaned_spends(conn: &mut Conn, limit: i64) -> Result<Vec<TransferId>, Error> {
    use crate::schema::open_holds;
    Ok(spends::table
        .left_join(open_holds::table.on(open_holds::hold_id.eq(spends::hold_id)))
        .filter(spends::captured.is_null().and(open_holds::hold_id.nullable().is_null()))
        .limit(limit)
        .select(spends::hold_id)
        .load(conn)
        .await?)
}
