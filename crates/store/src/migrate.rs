//! Databases and their migrations.

use anyhow::{Context, anyhow};
use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

/// Migrations in the order they are applied: those of shared crates first, then the service's own.
pub type Migrations = Vec<EmbeddedMigrations>;

/// Brings a database up to date. Safe to run from several processes at once: an advisory lock serialises them.
pub async fn migrate(url: &str, migrations: Migrations) -> anyhow::Result<()> {
    let mut conn = AsyncPgConnection::establish(url).await.context("connecting to migrate")?;
    diesel::sql_query("SELECT pg_advisory_lock(7106071)").execute(&mut conn).await?;
    let mut harness = AsyncMigrationHarness::new(conn);
    for source in migrations {
        harness.run_pending_migrations(source).map_err(|error| anyhow!("migration failed: {error}"))?;
    }
    Ok(())
}

/// Creates the database of `url` when the server has none of that name; for development and tests.
pub async fn ensure_database(url: &str) -> anyhow::Result<()> {
    match AsyncPgConnection::establish(url).await {
        Ok(_) => return Ok(()),
        // Told apart by PostgreSQL's own words: diesel keeps no code of a connection that was refused.
        Err(error) if error.to_string().contains("does not exist") => {}
        Err(error) => return Err(error).context("connecting to the database server"),
    }
    let (server, name) = url.rsplit_once('/').context("a database URL ends with /name")?;
    anyhow::ensure!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "not a database name: {name}");
    let mut conn = AsyncPgConnection::establish(&format!("{server}/postgres")).await?;
    let created = diesel::sql_query(format!("CREATE DATABASE \"{name}\"")).execute(&mut conn).await;
    // Another process may have been faster; what counts is that it is there now.
    if created.is_err() && !database_exists(&mut conn, name).await? {
        created?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

async fn database_exists(conn: &mut AsyncPgConnection, name: &str) -> anyhow::Result<bool> {
    let row: Exists = diesel::sql_query("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1) AS exists")
        .bind::<diesel::sql_types::Text, _>(name)
        .get_result(conn)
        .await?;
    Ok(row.exists)
}
