//! Balances of the past. Entries carry the running balance and are recorded in the order of their numbers, so the last
//! one of an instant is found by bisection of the primary key: some twenty look-ups for a million entries, and no index
//! that posting would have to keep.

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::AccountId;
use store::{Conn, Error};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The number of the last entry that was recorded at the instant or before; 0 where there was none.
pub async fn last_number(conn: &mut Conn, account_id: AccountId, at: Timestamp) -> Result<i64, Error> {
    let row: Number = diesel::sql_query(format!("{BISECTION} SELECT low AS value FROM found"))
        .bind::<SqlUuid, _>(account_id)
        .bind::<Timestamptz, _>(at.to_diesel())
        .get_result(conn)
        .await?;
    Ok(row.value)
}

/// What was recorded by the instant.
pub async fn balance_as_known(conn: &mut Conn, account_id: AccountId, at: Timestamp) -> Result<i64, Error> {
    let known = "SELECT coalesce((SELECT e.balance_after FROM entries e, found WHERE e.account_id = $1 AND e.number = found.low), 0)
                 AS value";
    let row: Number = diesel::sql_query(format!("{BISECTION} {known}"))
        .bind::<SqlUuid, _>(account_id)
        .bind::<Timestamptz, _>(at.to_diesel())
        .get_result(conn)
        .await?;
    Ok(row.value)
}

/// What had taken effect by the instant, whenever it was recorded. Nothing takes effect before it is recorded, so this is
/// what was known then, and whatever has been recorded since with an earlier effect: few entries have to be looked at for
/// a recent instant, all since then for an older one.
pub async fn balance_as_effective(conn: &mut Conn, account_id: AccountId, at: Timestamp) -> Result<i64, Error> {
    let effective = "SELECT (coalesce((SELECT e.balance_after FROM entries e, found
                                       WHERE e.account_id = $1 AND e.number = found.low), 0)
            + coalesce((SELECT sum(CASE a.normal_side WHEN 'debit' THEN e.amount ELSE -e.amount END)
                        FROM found, entries e JOIN transfers t ON t.id = e.transfer_id JOIN accounts a ON a.id = e.account_id
                        WHERE e.account_id = $1 AND e.number > found.low AND t.effective_at <= $2), 0))::bigint AS value";
    let row: Number = diesel::sql_query(format!("{BISECTION} {effective}"))
        .bind::<SqlUuid, _>(account_id)
        .bind::<Timestamptz, _>(at.to_diesel())
        .get_result(conn)
        .await?;
    Ok(row.value)
}

/// Ends with `low = high`: entry `low` was recorded by $2, the next one was not.
const BISECTION: &str = "
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, entry_count FROM accounts WHERE id = $1
        UNION ALL
        SELECT CASE WHEN e.recorded_at <= $2 THEN s.middle ELSE s.low END,
               CASE WHEN e.recorded_at <= $2 THEN s.high ELSE s.middle - 1 END
        FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM search WHERE low < high) s
        JOIN entries e ON e.account_id = $1 AND e.number = s.middle
    ), found AS (SELECT low FROM search WHERE low = high)";
