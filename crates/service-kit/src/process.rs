//! A service as a process of its own: `serve` (the default) or `migrate`.

use std::{net::TcpListener, sync::Arc};

use anyhow::{Context, bail};
use events::{Bus, MemoryBus, RabbitMqBus, RabbitMqConfig};
use telemetry::LogFormat;

use crate::{AnyService, Platform, Source};

/// Runs a service's binary to its end: until SIGTERM or Ctrl-C, then drains.
pub fn run(service: impl AnyService + 'static) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run_async(Box::new(service)))
}

async fn run_async(service: Box<dyn AnyService>) -> anyhow::Result<()> {
    let source = Source::from_env()?;
    let format = if source.environment().is_development() { LogFormat::Text } else { LogFormat::Json };
    let telemetry = telemetry::init(service.name(), format)?;
    match std::env::args().nth(1).as_deref() {
        Some("migrate") => migrate(&[service], source).await?,
        None | Some("serve") => serve(service, source).await?,
        Some(other) => bail!("unknown command {other}: serve or migrate"),
    }
    tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
    Ok(())
}

/// Prepares a release: databases brought up to date, then queues declared where a broker is named, so that no event is
/// published past a consumer that is about to come.
pub async fn migrate(services: &[Box<dyn AnyService>], source: Source) -> anyhow::Result<()> {
    let amqp_url: Option<String> = source.get("amqp_url")?;
    let platform = Platform::new(source.clone(), Arc::new(MemoryBus::new()))?;
    for service in services {
        service.migrate(&platform).await?;
    }
    if let Some(url) = amqp_url {
        let all = services.iter().map(|service| service.topology());
        let consumers: Vec<_> = all.filter(|consumer| !consumer.event_types.is_empty()).collect();
        events::declare(&rabbitmq_config(&source, url)?, &consumers).await.context("declaring the queues")?;
    }
    Ok(())
}

/// Serves one service on RabbitMQ until SIGTERM or Ctrl-C.
pub async fn serve(service: Box<dyn AnyService>, source: Source) -> anyhow::Result<()> {
    let bus = Arc::new(rabbitmq(&source, source.require("amqp_url")?)?);
    let address = source.bind(service.name())?;
    let platform = Platform::new(source, bus)?;
    let listener = TcpListener::bind(&address).with_context(|| format!("listening on {address}"))?;
    let running = service.start(&platform, listener).await?;
    platform.bus.open();
    shutdown_signal().await?;
    running.drain().await;
    platform.bus.close().await;
    Ok(())
}

/// The bus of a process: RabbitMQ where `ROOMTONE_AMQP_URL` names one, memory otherwise.
pub fn bus(source: &Source) -> anyhow::Result<Arc<dyn Bus>> {
    Ok(match source.get::<String>("amqp_url")? {
        Some(url) => Arc::new(rabbitmq(source, url)?),
        None => Arc::new(MemoryBus::new()),
    })
}

fn rabbitmq(source: &Source, url: String) -> anyhow::Result<RabbitMqBus> {
    RabbitMqBus::new(&rabbitmq_config(source, url)?)
}

fn rabbitmq_config(source: &Source, url: String) -> anyhow::Result<RabbitMqConfig> {
    let mut config = RabbitMqConfig::new(url);
    config.prefix = source.get_or("amqp_prefix", config.prefix)?;
    Ok(config)
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn shutdown_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
