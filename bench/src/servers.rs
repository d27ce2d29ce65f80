//! The PostgreSQL server that is measured on, and databases of ours in it.

use anyhow::Context;
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reqwest::Url;

/// A server, by its URL without a database name.
#[derive(Debug, Clone)]
pub struct Postgres {
    url: Url,
}

impl Postgres {
    pub fn new(url: String) -> anyhow::Result<Self> {
        Ok(Self { url: url.trim_end_matches('/').parse().context("ROOMTONE_BENCH_DATABASE_URL")? })
    }

    pub fn url(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }

    /// An empty database of this name, whatever an earlier run has left there.
    pub async fn create(&self, database: &str) -> anyhow::Result<String> {
        self.drop(database).await?;
        self.execute("postgres", &format!("CREATE DATABASE {database}")).await?;
        Ok(self.url(database))
    }

    pub async fn drop(&self, database: &str) -> anyhow::Result<()> {
        self.execute("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await
    }

    /// Statements without an answer.
    pub async fn execute(&self, database: &str, statements: &str) -> anyhow::Result<()> {
        let mut conn = AsyncPgConnection::establish(&self.url(database)).await?;
        conn.batch_execute(statements).await.with_context(|| format!("in {database}: {statements}"))
    }

    /// One text: `SELECT … AS value`.
    pub async fn ask(&self, database: &str, query: &str) -> anyhow::Result<String> {
        let mut conn = AsyncPgConnection::establish(&self.url(database)).await?;
        let row: Value = diesel::sql_query(query).get_result(&mut conn).await.with_context(|| query.to_owned())?;
        Ok(row.value)
    }

    /// Where PostgreSQL's own programs find a database. The password does not belong on a command line.
    pub fn environment(&self, database: &str) -> Vec<(&'static str, String)> {
        vec![
            ("PGHOST", self.url.host_str().unwrap_or_default().to_owned()),
            ("PGPORT", self.url.port().unwrap_or(5432).to_string()),
            ("PGUSER", self.url.username().to_owned()),
            ("PGPASSWORD", self.url.password().unwrap_or_default().to_owned()),
            ("PGDATABASE", database.to_owned()),
        ]
    }
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}
