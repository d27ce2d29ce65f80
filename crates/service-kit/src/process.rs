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
    let platform = Platform::new(source.clone(), Arc::new(MemoryBus::new()))?;
    for service in services {
        service.migrate(&platform).await?;
    }
    if let Some(config) = rabbitmq_config(&source)? {
        let all = services.iter().map(|service| service.topology());
        let consumers: Vec<_> = all.filter(|consumer| !consumer.event_types.is_empty()).collect();
        events::declare(&config, &consumers).await.context("declaring the queues")?;
    }
    Ok(())
}

/// Serves one service on RabbitMQ until SIGTERM or Ctrl-C.
pub async fn serve(service: Box<dyn AnyService>, source: Source) -> anyhow::Result<()> {
    let config = rabbitmq_config(&source)?.context("ROOMTONE_AMQP_URL is not set")?;
    let bus = Arc::new(RabbitMqBus::new(&config)?);
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
    Ok(match rabbitmq_config(source)? {
        Some(config) => Arc::new(RabbitMqBus::new(&config)?),
        None => Arc::new(MemoryBus::new()),
    })
}

/// The broker that `ROOMTONE_AMQP_URL` names, if it does.
pub fn rabbitmq_config(source: &Source) -> anyhow::Result<Option<RabbitMqConfig>> {
    let Some(url) = source.get::<String>("amqp_url")? else { return Ok(None) };
    let mut config = RabbitMqConfig::new(url);
    config.prefix = source.get_or("amqp_prefix", config.prefix)?;
    Ok(Some(config))
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
