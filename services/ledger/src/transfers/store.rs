//! What is known of transfers and holds, as rows.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods, JoinOnDsl, QueryDsl,
    dsl::{max, min},
    sql_types::{Array, Bytea, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, Timestamp as DieselTimestamp, ToDiesel};
use kernel::{Currency, TransferId};
use store::{Conn, Error, sql::statement};

use super::{
    Leg, PostError, Refusal, TransferKind,
    desk::{HoldState, Known},
};
use crate::{
    accounts::AccountKey,
    schema::{accounts, closed_periods, hold_legs, open_holds, transfers},
};

/// Which of the ids have been posted, and with which content. Over a shared connection, as `lock_accounts`.
pub async fn find_known(mut conn: &Conn, ids: &[TransferId]) -> Result<Vec<(TransferId, Known)>, Error> {
    let rows: Vec<(TransferId, Vec<u8>, DieselTimestamp)> = statement::<(SqlUuid, Bytea, Timestamptz)>(
        "SELECT t.id, t.fingerprint, t.recorded_at FROM unnest((SELECT ?)) AS asked (id) JOIN transfers t USING (id)",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .load(&mut conn)
    .await?;
    let known = |(id, fingerprint, recorded_at): (TransferId, Vec<u8>, DieselTimestamp)| {
        // The column is checked to have 32 bytes.
        let fingerprint = fingerprint.try_into().unwrap_or_default();
        (id, Known { fingerprint, recorded_at: recorded_at.to_jiff() })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Everything effective before this instant is closed.
pub async fn closed_through(mut conn: &Conn) -> Result<Option<Timestamp>, Error> {
    let through: NullableTimestamp =
        closed_periods::table.select(max(closed_periods::through)).first(&mut conn).await?;
    Ok(through.to_jiff())
}

/// Which of the holds have a closing. Exact under the locks of their accounts: whoever closes a hold locks them.
pub async fn closed_holds(mut conn: &Conn, holds: &[TransferId]) -> Result<Vec<TransferId>, Error> {
    if holds.is_empty() {
        return Ok(Vec::new());
    }
    let closed: Vec<Option<TransferId>> =
        transfers::table.filter(transfers::hold_id.eq_any(holds)).select(transfers::hold_id).load(&mut conn).await?;
    Ok(closed.into_iter().flatten().collect())
}

/// The holds as they were placed, all of them taken for open. Nothing of that ever changes, so that it can be read
/// before anything is locked.
pub async fn find_holds(conn: &mut Conn, ids: &[TransferId]) -> Result<BTreeMap<TransferId, HoldState>, PostError> {
    let rows: Vec<(TransferId, NullableTimestamp, String, Currency, i64)> = transfers::table
        .inner_join(hold_legs::table.on(hold_legs::hold_id.eq(transfers::id)))
        .inner_join(accounts::table.on(accounts::id.eq(hold_legs::account_id)))
        .filter(transfers::id.eq_any(ids))
        .order((transfers::id, hold_legs::position))
        .select((transfers::id, transfers::expires_at, accounts::code, hold_legs::currency, hold_legs::amount))
        .load(conn)
        .await?;
    let mut holds: BTreeMap<TransferId, HoldState> = BTreeMap::new();
    for (id, expires_at, code, currency, amount) in rows {
        let account = code.parse().map_err(|_| Refusal::UnknownAccount(code))?;
        let empty = || HoldState { legs: Vec::new(), expires_at: expires_at.to_jiff(), is_closed: false };
        let leg = Leg { account: AccountKey::new(account, currency), amount };
        holds.entry(id).or_insert_with(empty).legs.push(leg);
    }
    Ok(holds)
}

/// An open hold whose time is over.
#[derive(Debug)]
pub struct DueHold {
    pub id: TransferId,
    pub kind: TransferKind,
    pub source: String,
    pub expires_at: Timestamp,
}

/// The earliest first.
pub async fn due_holds(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<DueHold>, Error> {
    let rows: Vec<(TransferId, String, String, NullableTimestamp)> = open_holds::table
        .inner_join(transfers::table.on(transfers::id.eq(open_holds::hold_id)))
        .filter(open_holds::expires_at.le(now.to_diesel()))
        .order(open_holds::expires_at)
        .limit(limit)
        .select((open_holds::hold_id, transfers::kind, transfers::source, open_holds::expires_at))
        .load(conn)
        .await?;
    let due = |(id, kind, source, expires_at): (TransferId, String, String, NullableTimestamp)| {
        let kind = TransferKind::ALL.iter().copied().find(|known| known.as_str() == kind)?;
        Some(DueHold { id, kind, source, expires_at: expires_at.to_jiff()? })
    };
    Ok(rows.into_iter().filter_map(due).collect())
}

/// When the next open hold expires.
pub async fn next_expiry(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let next: NullableTimestamp = open_holds::table.select(min(open_holds::expires_at)).first(conn).await?;
    Ok(next.to_jiff())
}

/// True when a transfer of this id has been posted. Decides nothing unless something locked keeps others from
/// posting it at the same time.
pub async fn is_posted(conn: &mut Conn, id: TransferId) -> Result<bool, Error> {
    let found: i64 = transfers::table.filter(transfers::id.eq(id)).count().get_result(conn).await?;
    Ok(found > 0)
}
