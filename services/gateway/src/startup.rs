//! Builds the gateway.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use service_kit::{Context, Peers, identity::TokenVerifier};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    config::GatewayConfig,
    console::Console,
    edge::Edge,
    identity::{Identities, listener},
    limiting::Limiter,
    openapi,
    platform_health::PlatformHealth,
    proxy::Breakers,
};

/// What the gateway's handlers share.
pub struct App {
    pub config: GatewayConfig,
    pub edge: Edge,
    pub limiter: Limiter,
    pub breakers: Breakers,
    pub identities: Arc<Identities>,
    pub tokens: Arc<TokenVerifier>,
    pub peers: Peers,
    /// For probes only; requests go through `proxy::Upstreams`.
    pub http: reqwest::Client,
    /// The merged OpenAPI document.
    pub openapi: Bytes,
    pub health: PlatformHealth,
    /// Where a folder of it is named.
    pub console: Option<Console>,
    /// Cancelled when the gateway stops.
    pub draining: CancellationToken,
    /// Ends with the gateway.
    _listener: AbortOnDropHandle<()>,
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    let config = GatewayConfig::load(&context.source)?;
    let identities = Arc::new(Identities::new(context));
    let listener = listener::start(context.bus.as_ref(), identities.clone());
    Ok(App {
        edge: Edge::new(&config)?,
        limiter: Limiter::from_source(&context.source)?,
        breakers: Breakers::default(),
        identities,
        tokens: context.tokens.clone(),
        peers: context.peers.clone(),
        http: reqwest::Client::builder().no_proxy().build()?,
        openapi: openapi::merged(&config.public_url)?,
        health: PlatformHealth::default(),
        console: Console::from_config(&config)?,
        draining: context.draining.clone(),
        config,
        _listener: listener,
    })
}

/// Without auth's keys no identity can be told from a forged one.
pub async fn ready(app: &App) -> anyhow::Result<()> {
    app.tokens.ready().await.context("the keys of auth")
}
