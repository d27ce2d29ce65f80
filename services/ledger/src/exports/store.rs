//! The transfers of a span of time.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use kernel::{Currency, TransferId};
use store::{Conn, Error};

use super::model::Voucher;
use crate::schema::{accounts, entries, transfers};

type Row = (i64, TransferId, String, String, DieselTimestamp, DieselTimestamp, String, Currency, i64);

/// Everything that took effect from the first instant on and before the second, in the order of its numbers. At most
/// `most` entries; `None` where there are more.
pub async fn vouchers(
    conn: &mut Conn,
    (from, to): (Timestamp, Timestamp),
    most: i64,
) -> Result<Option<Vec<Voucher>>, Error> {
    let rows: Vec<Row> = transfers::table
        .inner_join(entries::table.on(entries::transfer_id.eq(transfers::id)))
        .inner_join(accounts::table.on(accounts::id.eq(entries::account_id)))
        .filter(transfers::effective_at.ge(from.to_diesel()))
        .filter(transfers::effective_at.lt(to.to_diesel()))
        .order((transfers::seq, entries::position))
        .limit(most + 1)
        .select((
            transfers::seq,
            transfers::id,
            transfers::kind,
            transfers::source,
            transfers::effective_at,
            transfers::recorded_at,
            accounts::code,
            entries::currency,
            entries::amount,
        ))
        .load(conn)
        .await?;
    if i64::try_from(rows.len()).is_ok_and(|found| found > most) {
        return Ok(None);
    }
    let mut vouchers: BTreeMap<i64, Voucher> = BTreeMap::new();
    for (seq, id, kind, source, effective_at, recorded_at, code, currency, amount) in rows {
        let voucher = vouchers.entry(seq).or_insert_with(|| Voucher {
            transfer_id: id.to_string(),
            kind,
            source,
            effective_at: effective_at.to_jiff(),
            recorded_at: recorded_at.to_jiff(),
            entries: Vec::new(),
        });
        voucher.entries.push((code, currency, amount));
    }
    Ok(Some(vouchers.into_values().collect()))
}
