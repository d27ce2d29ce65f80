//! A service as a value: what it is called, what it serves, hears and does by itself.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use async_trait::async_trait;
use diesel_migrations::EmbeddedMigrations;
use events::{ConsumerGroup, ConsumerTopology, Consumers, Effects, EventsRuntime, RetryPolicy};
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use store::Db;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    Context, Job, Peers, Platform, config::serving_role, identity::TokenVerifier, jobs::Jobs, scrape::Scrape, server,
};

type Build<A> = for<'a> fn(&'a Context) -> BoxFuture<'a, anyhow::Result<A>>;
type Ready<A> = for<'a> fn(&'a A) -> BoxFuture<'a, anyhow::Result<()>>;

/// A service whose state is `A`. Its `lib.rs` fills this in and is thereby its table of contents.
pub struct Service<A> {
    pub name: &'static str,
    /// Its own migrations; `None` for a service without a database.
    pub migrations: Option<fn() -> EmbeddedMigrations>,
    pub routes: fn(&mut ServiceConfig),
    pub consumers: fn() -> Consumers<A>,
    pub jobs: fn() -> Vec<Job<A>>,
    /// Builds the state that handlers (as `web::Data<A>`), consumers and jobs share.
    pub build: Build<A>,
    /// What readiness asks beside the database.
    pub ready: Ready<A>,
}

/// The usual answer for [`Service::ready`]: the database is all there is to ask.
pub fn ready_with_database<A>(_: &A) -> BoxFuture<'_, anyhow::Result<()>> {
    Box::pin(async { Ok(()) })
}

/// A service of whatever state, for whoever runs several.
#[async_trait]
pub trait AnyService: Send {
    fn name(&self) -> &'static str;
    fn has_database(&self) -> bool;
    /// Creates the database in development and brings it up to date.
    async fn migrate(&self, platform: &Platform) -> anyhow::Result<()>;
    /// What the broker has to hold for its consumers.
    fn topology(&self) -> ConsumerTopology;
    /// Serves on the listener until [`Running::drain`].
    async fn start(self: Box<Self>, platform: &Platform, listener: TcpListener) -> anyhow::Result<Running>;
    fn document(&self) -> utoipa::openapi::OpenApi;
}

/// A service that is being served.
pub struct Running {
    pub name: &'static str,
    pub url: String,
    accepting: Arc<AtomicBool>,
    server: actix_web::dev::ServerHandle,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
    /// Serves the metrics, where they have an address of their own.
    scraped: Option<actix_web::dev::ServerHandle>,
    events: Option<EventsRuntime>,
    jobs: JoinSet<()>,
    stop_jobs: CancellationToken,
    database: Option<Db>,
    drain_delay: Duration,
    draining: CancellationToken,
}

impl Running {
    /// Ends in the order that loses nothing: readiness fails, requests finish, jobs and handlers finish what they
    /// hold, leases are released.
    pub async fn drain(mut self) {
        self.accepting.store(false, Ordering::Release);
        tokio::time::sleep(self.drain_delay).await;
        self.draining.cancel();
        self.server.stop(true).await;
        if let Some(scraped) = self.scraped {
            scraped.stop(true).await;
        }
        self.stop_jobs.cancel();
        while self.jobs.join_next().await.is_some() {}
        if let Some(events) = self.events {
            events.drain().await;
        }
        if let Some(database) = self.database {
            database.close();
        }
        let _ = self.served.await;
        tracing::info!(service = self.name, "stopped");
    }
}

#[async_trait]
impl<A: Send + Sync + 'static> AnyService for Service<A> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn has_database(&self) -> bool {
        self.migrations.is_some()
    }

    async fn migrate(&self, platform: &Platform) -> anyhow::Result<()> {
        let Some(migrations) = self.migrations else { return Ok(()) };
        let owner = platform.source.database_url(self.name)?;
        if platform.source.environment().is_development() {
            store::ensure_database(owner.expose_secret()).await?;
        }
        store::migrate(owner.expose_secret(), vec![events::MIGRATIONS, crate::MIGRATIONS, migrations()])
            .await
            .with_context(|| format!("migrating {}", self.name))?;
        if serving_role(self.name).is_some() {
            let serving = platform.source.serving_database_url(self.name)?;
            store::ensure_login(owner.expose_secret(), serving.expose_secret())
                .await
                .with_context(|| format!("letting {} sign in", self.name))?;
        }
        Ok(())
    }

    fn topology(&self) -> ConsumerTopology {
        ConsumerTopology {
            name: self.name.to_owned(),
            event_types: (self.consumers)().event_types(),
            retry_delays: RetryPolicy::default().0,
        }
    }

    async fn start(self: Box<Self>, platform: &Platform, listener: TcpListener) -> anyhow::Result<Running> {
        let url = format!("http://{}", listener.local_addr()?);
        let context = self.context(platform)?;
        let app = Arc::new((self.build)(&context).await.with_context(|| format!("building {}", self.name))?);
        let events = self.start_events(&context, &app);
        let jobs = Jobs::new((self.jobs)(), app.clone(), context.clock.clone(), context.jobs.clone());
        let stop_jobs = CancellationToken::new();
        let mut tasks = JoinSet::new();
        jobs.spawn(&mut tasks, &stop_jobs);
        if let Some(db) = context.database.clone() {
            tasks.spawn(forget_old_keys(db, context.clock.clone(), stop_jobs.clone()));
        }

        let accepting = Arc::new(AtomicBool::new(true));
        let workers = platform.source.get_or("http_workers", 2)?;
        let scrape = Scrape::of(self.name, &platform.source)?;
        let scraped = scrape.server()?.map(serve);
        let server = server::bind(
            server::Parts {
                context: context.clone(),
                app,
                routes: self.routes,
                ready: self.ready,
                jobs,
                accepting: accepting.clone(),
                movable_clock: platform.movable_clock.clone(),
                scrape,
            },
            listener,
            workers,
        )?;
        let handle = server.handle();
        let served = tokio::spawn(server);
        tracing::info!(service = self.name, url, "listening");
        Ok(Running {
            name: self.name,
            url,
            accepting,
            server: handle,
            served,
            scraped,
            events,
            jobs: tasks,
            stop_jobs,
            database: context.database,
            draining: context.draining,
            drain_delay: Duration::from_secs(platform.source.get_or("drain_delay_secs", 0)?),
        })
    }

    fn document(&self) -> utoipa::openapi::OpenApi {
        crate::openapi::document(self.name, self.routes)
    }
}

impl<A: Send + Sync + 'static> Service<A> {
    fn context(&self, platform: &Platform) -> anyhow::Result<Context> {
        let source = &platform.source;
        let database = match &self.migrations {
            Some(_) => {
                let url = source.serving_database_url(self.name)?;
                Some(Db::new(url.expose_secret(), source.get_or("database_pool", 16)?)?)
            }
            None => None,
        };
        let directory = platform.directory.clone();
        Ok(Context {
            service: self.name,
            environment: source.environment(),
            source: source.clone(),
            clock: platform.clock.clone(),
            bus: platform.bus.clone(),
            tokens: Arc::new(TokenVerifier::new(self.name, platform.clock.clone(), directory.clone())?),
            peers: Peers::new(self.name, source.service_secret(self.name)?, directory)?,
            jobs: Effects::new(),
            draining: CancellationToken::new(),
            database,
        })
    }

    fn start_events(&self, context: &Context, app: &Arc<A>) -> Option<EventsRuntime> {
        let db = context.database.clone()?;
        let mut group = ConsumerGroup::new(self.name, db.clone(), app.clone(), (self.consumers)());
        group.effects = context.jobs.clone();
        Some(EventsRuntime::start(Some(db), context.bus.clone(), Some(Arc::new(group)), &CancellationToken::new()))
    }
}

/// Serves in a task of its own, until the handle says to stop.
fn serve(server: actix_web::dev::Server) -> actix_web::dev::ServerHandle {
    let handle = server.handle();
    tokio::spawn(server);
    handle
}

/// How often answers whose time is over are removed.
const CLEAN_UP_INTERVAL: Duration = Duration::from_secs(600);

async fn forget_old_keys(db: Db, clock: kernel::SharedClock, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CLEAN_UP_INTERVAL) => {}
        }
        if let Err(error) = crate::idempotency::delete_expired(&db, clock.now()).await {
            tracing::warn!(%error, "expired idempotency keys were not removed; it will try again");
        }
    }
}
