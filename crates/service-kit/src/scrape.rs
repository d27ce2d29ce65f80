//! What Prometheus scrapes, and where. It tells how a service is used, so it is not for the world: at the public door it
//! has a port of its own or is not served.

use std::sync::OnceLock;

use actix_web::{App, HttpServer, Resource, dev::Server};
use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{Source, health};

pub(crate) const PATH: &str = "/metrics";

/// Where the metrics of a service are served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scrape {
    /// Beside its routes.
    Here,
    /// At an address of their own, and there only.
    At(String),
    Nowhere,
}

impl Scrape {
    /// `ROOMTONE_<SERVICE>_METRICS_BIND` names an address. Without one the gateway of production serves none.
    pub(crate) fn of(service: &str, source: &Source) -> anyhow::Result<Self> {
        let address = source.get(&format!("{service}_metrics_bind"))?;
        let is_public = service == "gateway" && !source.environment().is_development();
        Ok(match address {
            Some(address) => Self::At(address),
            None if is_public => Self::Nowhere,
            None => Self::Here,
        })
    }

    /// The server of an address of its own.
    pub(crate) fn server(&self) -> anyhow::Result<Option<Server>> {
        let Self::At(address) = self else { return Ok(None) };
        let server = HttpServer::new(|| App::new().service(page())).workers(1).shutdown_timeout(1);
        let server = server.bind(address).with_context(|| format!("listening on {address} for metrics"))?;
        Ok(Some(server.disable_signals().run()))
    }
}

pub(crate) fn page() -> Resource {
    health::page(PATH).to(async || metrics().map(PrometheusHandle::render).unwrap_or_default())
}

/// The process's metrics; `None` where another recorder is installed. What is counted before the first call is lost.
pub(crate) fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_door_of_production_serves_metrics_elsewhere_or_not_at_all() {
        let scrape = |service: &str, pairs: &[(&str, &str)]| {
            Scrape::of(service, &Source::from_pairs(pairs.iter().copied()).unwrap()).unwrap()
        };
        assert_eq!(scrape("gateway", &[]), Scrape::Nowhere);
        assert_eq!(scrape("gateway", &[("env", "development")]), Scrape::Here);
        assert_eq!(scrape("auth", &[]), Scrape::Here);
        let elsewhere = [("gateway_metrics_bind", "0.0.0.0:9080")];
        assert_eq!(scrape("gateway", &elsewhere), Scrape::At("0.0.0.0:9080".to_owned()));
    }
}
