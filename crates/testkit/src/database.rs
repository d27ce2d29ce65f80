//! A database per test, cloned from a template that is migrated once.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{LazyLock, mpsc},
};

use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::EmbeddedMigrations;
use secrecy::{ExposeSecret, SecretString};
use service_kit::config::{serving_role, serving_url};

/// The test server's URL without a database name.
pub fn server_url() -> String {
    std::env::var("ROOMTONE_TEST_DATABASE_URL").expect("ROOMTONE_TEST_DATABASE_URL: run the tests with ./dev test")
}

/// The test broker's URL.
pub fn amqp_url() -> String {
    std::env::var("ROOMTONE_TEST_AMQP_URL").expect("ROOMTONE_TEST_AMQP_URL: run the tests with ./dev test")
}

/// The test Redis's URL.
pub fn redis_url() -> String {
    std::env::var("ROOMTONE_TEST_REDIS_URL").expect("ROOMTONE_TEST_REDIS_URL: run the tests with ./dev test")
}

/// A database of its own, dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A database with the migrations of the shared crates and of the service.
    pub async fn migrated(service: &str, migrations: fn() -> EmbeddedMigrations) -> Self {
        let role = serving_role(service);
        let migrate = async |url: String| {
            let all = vec![events::MIGRATIONS, service_kit::MIGRATIONS, migrations()];
            // Migrating blocks, which only a runtime of several threads allows; the test's own may have one.
            let migrated = tokio::task::spawn_blocking(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
                runtime.expect("a runtime").block_on(async {
                    store::migrate(&url, all).await?;
                    match role {
                        Some(role) => store::ensure_login(&url, serving(&url, role).expose_secret()).await,
                        None => Ok(()),
                    }
                })
            });
            migrated.await.expect("migrating ends").expect("migrations apply");
        };
        Self::from_template(service, migrate).await
    }

    /// A clone of a template that `fill` makes, once per test binary and purpose.
    pub async fn from_template(purpose: &str, fill: impl AsyncFnOnce(String)) -> Self {
        let template = format!("template_{purpose}_{:016x}", fingerprint(purpose));
        let mut conn = admin().await;
        lock(&mut conn).await;
        if !exists(&mut conn, &template).await {
            build_template(&mut conn, &template, fill).await;
        }
        unlock(&mut conn).await;
        let name = format!("test_{purpose}_{}", kernel::new_uuid().simple());
        execute(&mut conn, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { name }
    }

    /// An empty database.
    pub async fn empty(purpose: &str) -> Self {
        let name = format!("test_{purpose}_{}", kernel::new_uuid().simple());
        execute(&mut admin().await, &format!("CREATE DATABASE {name}")).await;
        Self { name }
    }

    /// Another database with the same content. Nobody can connect to this one any more: while somebody is, PostgreSQL
    /// copies nothing.
    pub async fn copy(&self) -> Self {
        self.go_away().await;
        let name = format!("test_copy_{}", kernel::new_uuid().simple());
        execute(&mut admin().await, &format!("CREATE DATABASE {name} TEMPLATE {}", self.name)).await;
        Self { name }
    }

    pub fn url(&self) -> String {
        format!("{}/{}", server_url(), self.name)
    }

    /// Ends every connection and refuses new ones: the database is out of reach.
    pub async fn go_away(&self) {
        let mut conn = admin().await;
        execute(&mut conn, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).await;
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        execute(&mut conn, &end).await;
    }

    /// Takes connections again.
    pub async fn come_back(&self) {
        execute(&mut admin().await, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).await;
    }

    /// As the owner of the tables.
    pub fn db(&self) -> store::Db {
        store::Db::new(&self.url(), 16).expect("a pool")
    }

    /// As the service connects that does not own its tables.
    pub fn serving_db(&self, service: &str) -> store::Db {
        store::Db::new(&self.serving_url(service), 16).expect("a pool")
    }

    /// Where the service connects that does not own its tables.
    pub fn serving_url(&self, service: &str) -> String {
        let role = serving_role(service).expect("a service with a role of its own");
        serving(&self.url(), role).expose_secret().to_owned()
    }
}

fn serving(owner: &str, role: &str) -> SecretString {
    serving_url(&owner.to_owned().into(), role).expect("a database URL")
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // What is not dropped goes with the test server.
        let _ = LEFT_BEHIND.send(std::mem::take(&mut self.name));
    }
}

/// Databases whose tests are over, dropped by a thread of their own. A test must not wait for it: PostgreSQL drops none
/// while any connection is still authenticating, and a test that waits keeps its own connections from ending that.
static LEFT_BEHIND: LazyLock<mpsc::Sender<String>> = LazyLock::new(|| {
    let (sender, left_behind) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        for name in left_behind {
            runtime.block_on(async {
                if let Ok(mut conn) = AsyncPgConnection::establish(&format!("{}/postgres", server_url())).await {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    let _ = diesel::sql_query(drop).execute(&mut conn).await;
                }
            });
        }
    });
    sender
});

/// Built under another name and renamed, so that nobody clones half a template.
async fn build_template(conn: &mut AsyncPgConnection, template: &str, fill: impl AsyncFnOnce(String)) {
    let building = format!("{template}_building");
    execute(conn, &format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)")).await;
    execute(conn, &format!("CREATE DATABASE {building}")).await;
    fill(format!("{}/{building}", server_url())).await;
    execute(conn, &format!("ALTER DATABASE {building} RENAME TO {template}")).await;
}

/// A template belongs to the test binary whose migrations it has: a changed migration is a changed binary.
fn fingerprint(purpose: &str) -> u64 {
    let binary = std::env::current_exe().expect("the test binary's path");
    let built_at = std::fs::metadata(&binary).and_then(|file| file.modified()).expect("the test binary's age");
    let mut hasher = DefaultHasher::new();
    (purpose, binary, built_at).hash(&mut hasher);
    hasher.finish()
}

async fn admin() -> AsyncPgConnection {
    AsyncPgConnection::establish(&format!("{}/postgres", server_url())).await.expect("the test server answers")
}

async fn lock(conn: &mut AsyncPgConnection) {
    execute(conn, "SELECT pg_advisory_lock(42)").await;
}

async fn unlock(conn: &mut AsyncPgConnection) {
    execute(conn, "SELECT pg_advisory_unlock(42)").await;
}

async fn execute(conn: &mut AsyncPgConnection, statement: &str) {
    diesel::sql_query(statement).execute(conn).await.expect(statement);
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

async fn exists(conn: &mut AsyncPgConnection, name: &str) -> bool {
    let query = format!("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = '{name}') AS exists");
    diesel::sql_query(query).get_result::<Exists>(conn).await.expect("pg_database").exists
}
