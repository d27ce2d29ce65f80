//! Writes transfers set-based: one statement for all of them with their entries or legs, however many they are. The
//! triggers move the balances and check everything again.

use std::collections::BTreeSet;

use diesel::sql_types::{Array, BigInt, Bytea, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use jiff_diesel::ToDiesel;
use kernel::TransferId;
use store::{
    Conn, Error,
    sql::{Statement, statement},
};
use uuid::Uuid;

use super::{
    Action, Leg, TransferDraft,
    decide::{Decided, NewEntry, Writes},
};

/// An accepted draft with what is to be written for it.
pub type Accepted<'d> = (&'d TransferDraft, &'d Decided);

/// In three steps, each only where there is something: first the holds that are let go, then what is posted, then new
/// holds. So no balance is below its floor in between that is above it in the end.
pub async fn insert_transfers(conn: &Conn, accepted: &[Accepted<'_>]) -> Result<(), Error> {
    let of = |wanted: fn(&Writes) -> bool| -> Vec<Accepted<'_>> {
        accepted.iter().copied().filter(|(_, decided)| wanted(&decided.writes)).collect()
    };
    let closings = of(|writes| matches!(writes, Writes::Closing));
    if !closings.is_empty() {
        transfers(statement::<()>(INSERT_CLOSINGS), &closings).execute(&mut &*conn).await?;
    }
    let posted = of(|writes| matches!(writes, Writes::Entries(_)));
    if !posted.is_empty() {
        insert_posted(conn, posted).await?;
    }
    let holds = of(|writes| matches!(writes, Writes::Legs(_)));
    if !holds.is_empty() {
        insert_holds(conn, holds).await?;
    }
    Ok(())
}

/// In the order of their ids, so that two processes that post the same ones wait for each other without a deadlock.
fn sorted(mut accepted: Vec<Accepted<'_>>) -> Vec<Accepted<'_>> {
    accepted.sort_by_key(|(draft, _)| draft.id());
    accepted
}

/// Transfers that only post, in one statement. It locks their accounts before it writes anything: an entry with a number
/// that somebody else is just writing would be waited for otherwise, in whatever order they come.
pub async fn insert_posted(conn: &Conn, accepted: Vec<Accepted<'_>>) -> Result<(), Error> {
    let accepted = sorted(accepted);
    let rows: Vec<(TransferId, &Decided, &NewEntry)> = accepted
        .iter()
        .flat_map(|(draft, decided)| decided.entries().iter().map(|entry| (draft.id(), *decided, entry)))
        .collect();
    let accounts: BTreeSet<Uuid> = rows.iter().map(|(_, _, entry)| entry.account_id.uuid()).collect();
    let locking = statement::<()>(INSERT_POSTED).bind::<Array<SqlUuid>, _>(accounts.into_iter().collect::<Vec<_>>());
    transfers(locking, &accepted)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(_, _, entry)| entry.account_id.uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|(_, _, entry)| entry.number).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(id, _, _)| id.uuid()).collect::<Vec<_>>())
        .bind::<Array<SmallInt>, _>(rows.iter().map(|(_, _, entry)| entry.position).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|(_, _, entry)| entry.amount).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|(_, _, entry)| entry.currency.code()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|(_, _, entry)| entry.balance_after).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(
            rows.iter().map(|(_, decided, _)| decided.receipt.recorded_at.to_diesel()).collect::<Vec<_>>(),
        )
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

async fn insert_holds(conn: &Conn, accepted: Vec<Accepted<'_>>) -> Result<(), Error> {
    let accepted = sorted(accepted);
    let mut rows: Vec<(TransferId, i16, &Leg)> = Vec::new();
    for (draft, decided) in &accepted {
        if let Writes::Legs(legs) = &decided.writes {
            rows.extend((0..).zip(legs).map(|(position, leg)| (draft.id(), position, leg)));
        }
    }
    transfers(statement::<()>(INSERT_HOLDS), &accepted)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(id, _, _)| id.uuid()).collect::<Vec<_>>())
        .bind::<Array<SmallInt>, _>(rows.iter().map(|(_, position, _)| *position).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(_, _, leg)| leg.account.id().uuid()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|(_, _, leg)| leg.amount).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|(_, _, leg)| leg.account.currency().code()).collect::<Vec<_>>())
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

/// Binds the columns of the transfers.
fn transfers<'d>(statement: Statement<'d, ()>, accepted: &[Accepted<'d>]) -> Statement<'d, ()> {
    let drafts = || accepted.iter().map(|(draft, _)| *draft);
    let expiry = |draft: &TransferDraft| match draft.action() {
        Action::Hold { expires_at, .. } => expires_at.map(ToDiesel::to_diesel),
        _ => None,
    };
    statement
        .bind::<Array<SqlUuid>, _>(drafts().map(|draft| draft.id().uuid()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(drafts().map(|draft| draft.kind().as_str()).collect::<Vec<_>>())
        .bind::<Array<Bytea>, _>(drafts().map(|draft| draft.fingerprint().to_vec()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(drafts().map(TransferDraft::source).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(drafts().map(TransferDraft::source_event).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(
            accepted.iter().map(|(_, decided)| decided.effective_at.to_diesel()).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(
            accepted.iter().map(|(_, decided)| decided.receipt.recorded_at.to_diesel()).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<SqlUuid>>, _>(
            drafts().map(|draft| draft.reverses().map(TransferId::uuid)).collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(drafts().map(|draft| draft.action().phase().as_str()).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            drafts().map(|draft| draft.action().closes().map(TransferId::uuid)).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Timestamptz>>, _>(drafts().map(expiry).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(
            drafts().map(|draft| draft.person().map(|(person, _)| person.uuid())).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(
            drafts().map(|draft| draft.person().map(|(_, reason)| reason.as_str())).collect::<Vec<_>>(),
        )
}

macro_rules! insert_transfers {
    ($then:literal) => {
        concat!(
            "INSERT INTO transfers (id, kind, fingerprint, source, source_event, effective_at, recorded_at, reverses,
                                    phase, hold_id, expires_at, actor, reason)
             SELECT * FROM unnest(?::uuid[], ?::text[], ?::bytea[], ?::text[], ?::uuid[], ?::timestamptz[],
                                  ?::timestamptz[], ?::uuid[], ?::text[], ?::uuid[], ?::timestamptz[], ?::uuid[],
                                  ?::text[])",
            $then
        )
    };
}

const INSERT_CLOSINGS: &str = insert_transfers!("");

const INSERT_POSTED: &str = concat!(
    "WITH locked AS MATERIALIZED (
         SELECT id FROM accounts WHERE id = ANY (?::uuid[]) ORDER BY id FOR NO KEY UPDATE
     ), posted AS (",
    insert_transfers!(" WHERE (SELECT count(*) FROM locked) >= 0)"),
    "INSERT INTO entries (account_id, number, transfer_id, position, amount, currency, balance_after, recorded_at)
     SELECT * FROM unnest(?::uuid[], ?::bigint[], ?::uuid[], ?::smallint[], ?::bigint[], ?::text[], ?::bigint[],
                          ?::timestamptz[])
     WHERE (SELECT count(*) FROM locked) >= 0"
);

const INSERT_HOLDS: &str = concat!(
    "WITH held AS (",
    insert_transfers!(")"),
    "INSERT INTO hold_legs (hold_id, position, account_id, amount, currency)
     SELECT * FROM unnest(?::uuid[], ?::smallint[], ?::uuid[], ?::bigint[], ?::text[])"
);
