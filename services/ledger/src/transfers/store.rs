//! Transfers and entries as rows.

use diesel::{ExpressionMethods, QueryDsl, sql_types};
use diesel_async::RunQueryDsl;
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use kernel::TransferId;
use store::{Conn, Error, sql::statement};

use super::{
    TransferDraft,
    decide::{Decided, Known},
};
use crate::schema::transfers;

/// Which of the ids have been posted, and with which content. Over a shared connection, as `lock_accounts`.
pub async fn find_known(mut conn: &Conn, ids: &[TransferId]) -> Result<Vec<(TransferId, Known)>, Error> {
    let rows: Vec<(TransferId, Vec<u8>, DieselTimestamp)> = transfers::table
        .filter(transfers::id.eq_any(ids))
        .select((transfers::id, transfers::fingerprint, transfers::recorded_at))
        .load(&mut conn)
        .await?;
    let known = |(id, fingerprint, recorded_at): (TransferId, Vec<u8>, DieselTimestamp)| {
        // The column is checked to have 32 bytes.
        let fingerprint = fingerprint.try_into().unwrap_or_default();
        (id, Known { fingerprint, recorded_at: recorded_at.to_jiff() })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// True when a transfer of this id has been posted. Decides nothing unless something locked keeps others from
/// posting it at the same time.
pub async fn is_posted(conn: &mut Conn, id: TransferId) -> Result<bool, Error> {
    let found: i64 = transfers::table.filter(transfers::id.eq(id)).count().get_result(conn).await?;
    Ok(found > 0)
}

/// Writes transfers with their entries in one statement; the triggers move the balances and check everything again.
/// Answers how many entries were written: fewer than given when an id was taken meanwhile.
pub async fn insert_transfers(conn: &mut Conn, posted: &[(&TransferDraft, &Decided<'_>)]) -> Result<usize, Error> {
    // In the order of their ids, so that two processes that post the same ones wait for each other without a deadlock.
    let mut posted = posted.to_vec();
    posted.sort_by_key(|(draft, _)| draft.id());
    let of_transfers = |text| {
        let drafts = || posted.iter().map(|(draft, _)| *draft);
        statement::<()>(text)
            .bind::<sql_types::Array<sql_types::Uuid>, _>(drafts().map(|draft| draft.id().uuid()).collect::<Vec<_>>())
            .bind::<sql_types::Array<sql_types::Text>, _>(
                drafts().map(|draft| draft.kind().as_str()).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Bytea>, _>(
                drafts().map(|draft| draft.fingerprint().to_vec()).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Text>, _>(
                drafts().map(|draft| draft.source().to_owned()).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Nullable<sql_types::Uuid>>, _>(
                drafts().map(TransferDraft::source_event).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(
                drafts().map(|draft| draft.effective_at().to_diesel()).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Timestamptz>, _>(
                posted.iter().map(|(_, decided)| decided.receipt.recorded_at.to_diesel()).collect::<Vec<_>>(),
            )
            .bind::<sql_types::Array<sql_types::Nullable<sql_types::Uuid>>, _>(
                drafts().map(|draft| draft.reverses().map(TransferId::uuid)).collect::<Vec<_>>(),
            )
    };
    let entries: Vec<_> = posted
        .iter()
        .flat_map(|(draft, decided)| decided.entries.iter().map(|entry| (draft.id().uuid(), decided.receipt, entry)))
        .collect();
    let written = of_transfers(INSERT)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(
            entries.iter().map(|(_, _, entry)| entry.leg.account.id().uuid()).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::BigInt>, _>(
            entries.iter().map(|(_, _, entry)| entry.number).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(entries.iter().map(|(id, _, _)| *id).collect::<Vec<_>>())
        .bind::<sql_types::Array<sql_types::SmallInt>, _>(
            entries.iter().map(|(_, _, entry)| entry.position).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::BigInt>, _>(
            entries.iter().map(|(_, _, entry)| entry.leg.amount).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::Text>, _>(
            entries.iter().map(|(_, _, entry)| entry.leg.account.currency().code()).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::BigInt>, _>(
            entries.iter().map(|(_, _, entry)| entry.balance_after).collect::<Vec<_>>(),
        )
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(
            entries.iter().map(|(_, receipt, _)| receipt.recorded_at.to_diesel()).collect::<Vec<_>>(),
        )
        .execute(conn)
        .await?;
    Ok(written)
}

const INSERT: &str = "
    WITH posted AS (
        INSERT INTO transfers (id, kind, fingerprint, source, source_event, effective_at, recorded_at, reverses)
        SELECT * FROM unnest(?::uuid[], ?::text[], ?::bytea[], ?::text[], ?::uuid[], ?::timestamptz[],
                             ?::timestamptz[], ?::uuid[])
        ON CONFLICT (id) DO NOTHING RETURNING id
    )
    INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
    SELECT e.account_id, e.number, e.transfer_id, e.position, e.amount, e.currency, e.balance_after, e.recorded_at
    FROM unnest(?::uuid[], ?::bigint[], ?::uuid[], ?::smallint[], ?::bigint[], ?::text[], ?::bigint[],
                ?::timestamptz[])
         AS e (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
    JOIN posted ON posted.id = e.transfer_id";
