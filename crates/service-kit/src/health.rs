//! Probes: liveness depends on nobody; readiness fails while draining and while the database, or what else the
//! service cannot work without, is out of reach, and comes back by itself.

use std::{
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use crate::{server::Parts, tz_version};

/// A probe that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn routes<A: Send + Sync + 'static>(config: &mut web::ServiceConfig, parts: &Arc<Parts<A>>) {
    let parts = parts.clone();
    let ready = move || {
        let parts = parts.clone();
        async move { readiness(&parts).await }
    };
    config
        .route("/health/live", web::get().to(async || HttpResponse::Ok().json(json!({"status": "ok"}))))
        .route("/health/ready", web::get().to(ready))
        .route("/metrics", web::get().to(async || metrics_handle().map(PrometheusHandle::render).unwrap_or_default()));
}

async fn readiness<A>(parts: &Parts<A>) -> HttpResponse {
    let failed = |check: &str, error: String| {
        tracing::warn!(check, error, "not ready");
        HttpResponse::ServiceUnavailable().json(json!({"status": "unavailable", "failed": check}))
    };
    if !parts.accepting.load(Ordering::Acquire) {
        return failed("draining", "the service is stopping".to_owned());
    }
    if let Some(db) = &parts.context.database {
        match tokio::time::timeout(TIMEOUT, db.ping()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return failed("database", error.to_string()),
            Err(_) => return failed("database", "no answer in time".to_owned()),
        }
    }
    match tokio::time::timeout(TIMEOUT, (parts.ready)(&parts.app)).await {
        Ok(Ok(())) => HttpResponse::Ok().json(json!({"status": "ok", "tz_version": tz_version()})),
        Ok(Err(error)) => failed("dependency", format!("{error:#}")),
        Err(_) => failed("dependency", "no answer in time".to_owned()),
    }
}

/// The process's metrics; `None` where another recorder is installed. What is counted before the first call is lost.
pub(crate) fn metrics_handle() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}
