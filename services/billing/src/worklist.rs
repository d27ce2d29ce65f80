//! Rows that a job works off: mostly what a provider has to be told, or asked.
//!
//! What is due is planned by the Clock. A process takes a few rows with a lease by real time and counts the try; work that
//! failed is repeated by real time as well, since an outage does not care for the Clock. So `retry_at` stands for both
//! "somebody has it" and "not before". Work is idempotent at the provider: a lease that runs out under a slow process costs
//! a repeated call and nothing else.

use diesel::{
    pg::Pg,
    serialize::ToSql,
    sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::clock::real_now;
use store::{Conn, Error};
use uuid::Uuid;

use crate::{App, stored};

/// How many rows are claimed, and how many calls made, at once.
pub const BATCH: i64 = 8;

/// Longer than a provider's call may take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Until when, by real time, a row belongs to who takes it now.
pub fn lease_end() -> Timestamp {
    real_now() + LEASE
}

/// The rows of a table that are worked off; the texts are SQL.
pub struct Worklist<Id> {
    pub table: &'static str,
    /// The column that tells rows apart.
    pub id: &'static str,
    /// Which rows may ever be due.
    pub open: &'static str,
    /// Which of them are due at `$1`, by the Clock.
    pub due: &'static str,
    /// The column whose least comes first.
    pub order: &'static str,
    /// The column with the instant for which the Clock has planned something, where it has.
    pub planned: Option<&'static str>,
    /// What stands before `retry_at` and `retries` in the names of those columns.
    pub prefix: &'static str,
    /// The id as the others know it.
    pub typed: fn(Uuid) -> Id,
}

/// A row that is this process's until its lease ends, and the how-manieth try this is.
#[derive(diesel::QueryableByName)]
struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    tries: i32,
}

#[derive(diesel::QueryableByName)]
struct Planned {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: NullableTimestamp,
}

impl<Id> Worklist<Id>
where
    Id: Copy + Send + Sync + 'static + ToSql<SqlUuid, Pg>,
{
    /// Works off everything that is due, a batch at a time. The work ends with [`Self::finish`] or [`Self::postpone`], or
    /// leaves a row that is no more due.
    pub async fn work_off<W>(&self, app: &App, now: Timestamp, work: impl Fn(Id, i32) -> W) -> anyhow::Result<()>
    where
        W: Future<Output = anyhow::Result<()>>,
    {
        loop {
            let claimed = {
                let mut conn = app.db.conn().await?;
                self.claim(&mut conn, now).await?
            };
            if claimed.is_empty() {
                return Ok(());
            }
            for done in join_all(claimed.into_iter().map(|row| work((self.typed)(row.id), row.tries))).await {
                done?;
            }
        }
    }

    async fn claim(&self, conn: &mut Conn, now: Timestamp) -> Result<Vec<Claimed>, Error> {
        let Self { table, id, open, due, order, prefix, .. } = self;
        // Materialised, so that the rows are chosen once.
        let statement = format!(
            "WITH free AS MATERIALIZED (
                 SELECT {id} FROM {table}
                 WHERE ({open}) AND ({due}) AND ({prefix}retry_at IS NULL OR {prefix}retry_at <= $2)
                 ORDER BY {order} LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED)
             UPDATE {table} SET {prefix}retry_at = $3, {prefix}retries = {prefix}retries + 1
             WHERE {id} IN (SELECT {id} FROM free)
             RETURNING {id} AS id, {prefix}retries AS tries"
        );
        Ok(diesel::sql_query(statement)
            .bind::<Timestamptz, _>(now.to_diesel())
            .bind::<Timestamptz, _>(real_now().to_diesel())
            .bind::<Timestamptz, _>(lease_end().to_diesel())
            .bind::<BigInt, _>(BATCH)
            .load(conn)
            .await?)
    }

    /// The work is done: what comes next is planned by the Clock, or nothing.
    pub async fn finish(&self, conn: &mut Conn, id: Id) -> Result<(), Error> {
        let Self { table, id: column, prefix, .. } = self;
        let statement = format!("UPDATE {table} SET {prefix}retry_at = NULL, {prefix}retries = 0 WHERE {column} = $1");
        let changed = diesel::sql_query(statement).bind::<SqlUuid, _>(id).execute(conn).await?;
        stored::exactly_one(changed)
    }

    /// The same where the row may have gone meanwhile.
    pub async fn finish_if_there(&self, app: &App, id: Id) -> Result<(), Error> {
        let mut conn = app.db.conn().await?;
        match self.finish(&mut conn, id).await {
            Err(Error::Query(diesel::result::Error::NotFound)) => Ok(()),
            other => other,
        }
    }

    /// The work failed: it is repeated, each time after a longer pause.
    pub async fn postpone(&self, app: &App, id: Id, tries: i32) -> Result<(), Error> {
        self.postpone_by(app, id, pause(tries)).await
    }

    /// The same after a pause that is known to be needed. A row that has gone meanwhile needs no repetition.
    pub async fn postpone_by(&self, app: &App, id: Id, pause: SignedDuration) -> Result<(), Error> {
        let Self { table, id: column, prefix, .. } = self;
        let statement = format!("UPDATE {table} SET {prefix}retry_at = $2 WHERE {column} = $1");
        let mut conn = app.db.conn().await?;
        let update = diesel::sql_query(statement).bind::<SqlUuid, _>(id);
        update.bind::<Timestamptz, _>((real_now() + pause).to_diesel()).execute(&mut *conn).await?;
        Ok(())
    }

    /// The earliest planned instant; what is being worked on or repeated is not planned.
    pub async fn next_due(&self, app: &App) -> anyhow::Result<Option<Timestamp>> {
        let Some(planned) = self.planned else { return Ok(None) };
        let Self { table, open, prefix, .. } = self;
        let statement = format!("SELECT min({planned}) AS at FROM {table} WHERE ({open}) AND {prefix}retry_at IS NULL");
        let mut conn = app.db.conn().await?;
        let earliest: Planned = diesel::sql_query(statement).get_result(&mut *conn).await.map_err(Error::from)?;
        Ok(earliest.at.to_jiff())
    }
}

/// How long to wait after so many tries: 1 s, 2 s, 4 s, up to 5 minutes.
fn pause(tries: i32) -> SignedDuration {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(9);
    SignedDuration::from_secs(1 << doublings).min(SignedDuration::from_mins(5))
}
