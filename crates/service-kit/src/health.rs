//! Probes: liveness depends on nobody; readiness fails while draining and while the database, or what else the
//! service cannot work without, is out of reach, and comes back by itself.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use actix_web::{HttpResponse, Resource, guard, web};
use serde_json::json;

use crate::{
    scrape::{self, Scrape},
    server::Parts,
    tz_version,
};

pub(crate) const LIVE: &str = "/health/live";
pub(crate) const READY: &str = "/health/ready";

/// A probe that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn routes<A: Send + Sync + 'static>(config: &mut web::ServiceConfig, parts: &Arc<Parts<A>>) {
    let probed = parts.clone();
    let ready = move || {
        let parts = probed.clone();
        async move { readiness(&parts).await }
    };
    config.service(page(LIVE).to(async || HttpResponse::Ok().json(json!({"status": "ok"}))));
    config.service(page(READY).to(ready));
    if parts.scrape == Scrape::Here {
        config.service(scrape::page());
    }
}

/// A page for operators, at this very path: a proxy before us keeps such pages from the world by comparing what was
/// sent, and another spelling (`/%6detrics`) must not get past it.
pub(crate) fn page(path: &'static str) -> Resource {
    let as_sent = guard::fn_guard(move |request| request.head().uri.path() == path);
    web::resource(path).guard(as_sent).guard(guard::Any(guard::Get()).or(guard::Head()))
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
