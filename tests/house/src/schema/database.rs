//! Runs migrations in a scratch database and reads its catalog.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio_postgres::{Client, NoTls};

use super::{Column, Table, Tables, prerequisites, types};
use crate::workspace::root;

/// A migrated owner: its own tables and the foreign keys between them.
pub struct Migrated {
    pub tables: Tables,
    /// child table, parent table, column
    pub foreign_keys: Vec<(String, String, String)>,
}

/// Migrates a new database as `roomtone migrate` does, reads it and drops it.
pub async fn migrate(owner: &str) -> Result<Migrated> {
    let server = std::env::var("ROOMTONE_TEST_DATABASE_URL")
        .context("ROOMTONE_TEST_DATABASE_URL is not set; run the tests by ./dev test")?;
    let name = format!("schema_{}_{}", owner.replace(['/', '-'], "_"), std::process::id());
    let admin = connect(&format!("{server}/postgres")).await?;
    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await?;
    let migrated = read_after_migrations(&format!("{server}/{name}"), owner).await;
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    migrated.with_context(|| format!("the migrations of {owner}"))
}

async fn read_after_migrations(url: &str, owner: &str) -> Result<Migrated> {
    let client = connect(url).await?;
    for shared in prerequisites(owner) {
        run_migrations(&client, shared).await?;
    }
    // Tables of the shared crates are declared there, not in the service.
    let shared = read_tables(&client).await?;
    run_migrations(&client, owner).await?;
    let mut tables = read_tables(&client).await?;
    tables.retain(|name, _| !shared.contains_key(name));
    let mut foreign_keys = read_foreign_keys(&client).await?;
    foreign_keys.retain(|(child, parent, _)| tables.contains_key(child) && tables.contains_key(parent));
    Ok(Migrated { tables, foreign_keys })
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn run_migrations(client: &Client, owner: &str) -> Result<()> {
    for file in migrations(owner)? {
        let sql = fs::read_to_string(&file)?;
        client.batch_execute(&sql).await.with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// The `up.sql` files by version, which is the beginning of their folder's name.
fn migrations(owner: &str) -> Result<Vec<PathBuf>> {
    let folder = root().join(owner).join("migrations");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path().join("up.sql"))).collect::<Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.exists());
    files.sort();
    Ok(files)
}

async fn read_tables(client: &Client) -> Result<Tables> {
    let mut tables = Tables::new();
    for row in client.query(COLUMNS, &[]).await? {
        let table: &mut Table = tables.entry(row.get("table_name")).or_default();
        let kind = types::from_postgres(row.get("type_name"));
        let kind = if row.get("nullable") { format!("Nullable<{kind}>") } else { kind };
        table.columns.push(Column { name: row.get("column_name"), kind });
    }
    for row in client.query(PRIMARY_KEYS, &[]).await? {
        let name: String = row.get("table_name");
        tables.entry(name).or_default().primary_key = row.get("columns");
    }
    Ok(tables)
}

async fn read_foreign_keys(client: &Client) -> Result<Vec<(String, String, String)>> {
    let rows = client.query(FOREIGN_KEYS, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Partitions are left out: diesel sees the table they belong to. Tables of extensions are not ours. A domain
/// counts as the type below it.
const COLUMNS: &str = "
    SELECT c.relname::text AS table_name, a.attname::text AS column_name, NOT a.attnotnull AS nullable,
           coalesce(base.typname, t.typname)::text AS type_name
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type base ON t.typtype = 'd' AND base.oid = t.typbasetype
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname, a.attnum";

const PRIMARY_KEYS: &str = "
    SELECT c.relname::text AS table_name,
           array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) AS columns
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
    GROUP BY c.relname";

/// Only what diesel can join by: one column, to another table.
const FOREIGN_KEYS: &str = "
    SELECT child.relname::text, parent.relname::text, a.attname::text
    FROM pg_constraint f
    JOIN pg_class child ON child.oid = f.conrelid
    JOIN pg_class parent ON parent.oid = f.confrelid
    JOIN pg_attribute a ON a.attrelid = child.oid AND a.attnum = f.conkey[1]
    WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND f.conrelid <> f.confrelid AND NOT child.relispartition
    ORDER BY 1, 2, 3";
