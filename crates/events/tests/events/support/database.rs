//! A database for one test, dropped with it.

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use events::outbox::{self, Change};
use store::{Conn, Db};
use uuid::Uuid;

use super::server;

/// What a handler did, once for each time it did it.
const EFFECTS: &str = "CREATE TABLE effects (seq bigserial PRIMARY KEY, consumer text, event_id uuid, version bigint)";

pub struct TestDatabase {
    pub db: Db,
    pub url: String,
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Effect {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

impl TestDatabase {
    pub async fn create() -> Self {
        show_logs();
        let server = server("ROOMTONE_TEST_DATABASE_URL");
        let name = format!("events_{}", kernel::new_uuid().simple());
        let mut admin = Conn::establish(&format!("{server}/postgres")).await.unwrap();
        diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).await.unwrap();
        let url = format!("{server}/{name}");
        store::migrate(&url, vec![events::MIGRATIONS]).await.unwrap();
        let db = Db::new(&url, 24).unwrap();
        let mut conn = db.conn().await.unwrap();
        diesel::sql_query(EFFECTS).execute(&mut *conn).await.unwrap();
        drop(conn);
        Self { db, url, name }
    }

    /// Runs a statement and answers how many rows it touched.
    pub async fn execute(&self, sql: &str) -> usize {
        let mut conn = self.db.conn().await.unwrap();
        diesel::sql_query(sql).execute(&mut *conn).await.unwrap()
    }

    /// The one number that a query answers.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut conn = self.db.conn().await.unwrap();
        let row: Number =
            diesel::sql_query(format!("SELECT ({sql})::bigint AS number")).get_result(&mut *conn).await.unwrap();
        row.number
    }

    pub async fn unpublished(&self) -> i64 {
        outbox::unpublished_count(&mut self.db.conn().await.unwrap()).await.unwrap()
    }

    /// The versions that a consumer's handler took effect of, in the order of the effects.
    pub async fn effects(&self, consumer: &str) -> Vec<(Uuid, i64)> {
        let mut conn = self.db.conn().await.unwrap();
        let rows: Vec<Effect> =
            diesel::sql_query("SELECT event_id, version FROM effects WHERE consumer = $1 ORDER BY seq")
                .bind::<Text, _>(consumer)
                .load(&mut *conn)
                .await
                .unwrap();
        rows.into_iter().map(|row| (row.event_id, row.version)).collect()
    }

    /// A booking's event, committed.
    pub async fn emit(&self, aggregate_id: Uuid, version: i64) -> Uuid {
        self.emit_event(aggregate_id, version, &held(version)).await
    }

    pub async fn emit_event<E: contracts::Event>(&self, aggregate_id: Uuid, version: i64, event: &E) -> Uuid {
        let change = change(aggregate_id, version);
        self.db.transaction(async |conn| outbox::enqueue(conn, change, event).await).await.unwrap()
    }

    /// One event each of many bookings, in one transaction.
    pub async fn emit_many(&self, count: usize) {
        let outcome = self.db.transaction(async |conn| {
            for _ in 0..count {
                outbox::enqueue(conn, change(kernel::new_uuid(), 1), &held(1)).await?;
            }
            Ok::<_, store::Error>(())
        });
        outcome.await.unwrap();
    }
}

/// With RUST_LOG set a failing test shows what the crate had to say.
fn show_logs() {
    if std::env::var_os("RUST_LOG").is_some() {
        // Every test after the first is refused, because logs are installed for the whole process.
        let _ = telemetry::init("events", telemetry::LogFormat::Text);
    }
}

pub fn change(aggregate_id: Uuid, version: i64) -> Change {
    Change {
        aggregate_type: "booking",
        aggregate_id,
        version,
        ordinal: 0,
        tenant: Some(aggregate_id),
        occurred_at: kernel::clock::real_now(),
    }
}

pub fn held(version: i64) -> contracts::booking::v1::BookingHeld {
    use contracts::booking::v1::{BookingHeld, BookingState};
    BookingHeld { booking: Some(BookingState { version, ..BookingState::default() }) }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (server("ROOMTONE_TEST_DATABASE_URL"), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = Conn::establish(&format!("{server}/postgres")).await.unwrap();
                // FORCE ends the connections of the pool.
                diesel::sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut admin).await.unwrap();
            });
        });
        // A failing test must not fail twice.
        let _ = dropped.join();
    }
}
