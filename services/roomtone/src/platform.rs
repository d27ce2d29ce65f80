//! Every service in one process, found by each other through free loopback ports.

use std::net::TcpListener;

use anyhow::Context;
use secrecy::ExposeSecret;
use service_kit::{AnyService, Platform, Running, Source};
use store::Db;

/// The services of the platform, in the order they start: whoever answers the others comes first.
pub fn services() -> Vec<Box<dyn AnyService>> {
    vec![
        Box::new(auth::service()),
        Box::new(ledger::service()),
        Box::new(booking::service()),
        Box::new(billing::service()),
        Box::new(webhook::service()),
        Box::new(messaging::service()),
        Box::new(gateway::service()),
    ]
}

/// The services with the development sandbox before them.
pub fn services_with_sandbox() -> Vec<Box<dyn AnyService>> {
    let mut all: Vec<Box<dyn AnyService>> = vec![Box::new(sandbox::service())];
    all.extend(services());
    all
}

/// What runs where: the sandbox is for development only.
pub fn for_environment(source: &Source) -> Vec<Box<dyn AnyService>> {
    if source.environment().is_development() { services_with_sandbox() } else { services() }
}

/// The names of the services that keep data.
pub fn names_with_database() -> Vec<&'static str> {
    services().iter().filter(|service| service.has_database()).map(|service| service.name()).collect()
}

/// A service's database, for the operator's tools.
pub fn database(source: &Source, service: &str) -> anyhow::Result<Db> {
    Db::new(source.database_url(service)?.expose_secret(), 2)
}

/// One service by name.
pub fn service(name: &str) -> anyhow::Result<Box<dyn AnyService>> {
    let all = services_with_sandbox().into_iter();
    all.into_iter().find(|service| service.name() == name).with_context(|| format!("there is no service {name}"))
}

/// A platform that is being served.
pub struct RunningPlatform {
    pub platform: Platform,
    /// Where the gateway is.
    pub url: String,
    services: Vec<Running>,
}

impl RunningPlatform {
    /// Migrates every database and starts every service.
    pub async fn start(source: Source) -> anyhow::Result<Self> {
        let services = for_environment(&source);
        service_kit::migrate(&services, source.clone()).await?;
        let bus = service_kit::bus(&source)?;
        let platform = Platform::new(source, bus)?;
        let services = Self::start_all(&platform, services).await?;
        platform.bus.open();
        let url = platform.directory.url("gateway");
        Ok(Self { platform, url, services })
    }

    async fn start_all(platform: &Platform, services: Vec<Box<dyn AnyService>>) -> anyhow::Result<Vec<Running>> {
        // All addresses are known before the first service starts, so that nobody waits for anybody.
        let mut bound = Vec::with_capacity(services.len());
        for service in services {
            let listener = listener(&platform.source, service.name())?;
            platform.directory.set(service.name(), format!("http://{}", listener.local_addr()?));
            bound.push((service, listener));
        }
        let mut running = Vec::with_capacity(bound.len());
        for (service, listener) in bound {
            running.push(service.start(platform, listener).await?);
        }
        Ok(running)
    }

    /// Stops the door first, then everybody behind it.
    pub async fn drain(mut self) {
        while let Some(service) = self.services.pop() {
            service.drain().await;
        }
        self.platform.bus.close().await;
    }
}

/// The gateway listens where it is told; the others on a free port unless told otherwise.
fn listener(source: &Source, service: &str) -> anyhow::Result<TcpListener> {
    let told = source.get::<String>(&format!("{service}_bind"))?;
    let address = match (service, told) {
        (_, Some(address)) => address,
        ("gateway", None) => source.bind("gateway")?,
        (_, None) => "127.0.0.1:0".to_owned(),
    };
    TcpListener::bind(&address).with_context(|| format!("listening on {address} for {service}"))
}
