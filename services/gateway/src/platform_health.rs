//! The health of the whole platform at a glance: every service's readiness, asked at the same time.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, get, web::Data};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use service_kit::config::SERVICES;
use tokio::sync::Mutex;

use crate::App;

/// A service that takes longer is not ready.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What was found is told for so long.
const KEPT: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlatformHealthResponse {
    pub status: Health,
    pub services: BTreeMap<String, ServiceHealth>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Ok,
    Unavailable,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ServiceHealth {
    pub status: Health,
    /// What it is missing, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Every service's readiness; 503 as long as one is not ready.
#[utoipa::path(tag = "platform", security(()), responses(
    (status = 200, body = PlatformHealthResponse, description = "Everything is ready"),
    (status = 503, body = PlatformHealthResponse, description = "Something is not")))]
#[get("/api/health", wrap = "actix_web::middleware::from_fn(crate::edge::around)")]
pub async fn read_platform_health(app: Data<App>) -> HttpResponse {
    answer(&app).await
}

/// What was last found, and when.
#[derive(Default)]
pub struct PlatformHealth(Mutex<Option<(Instant, Arc<PlatformHealthResponse>)>>);

pub async fn answer(app: &App) -> HttpResponse {
    let found = look(app).await;
    match found.status {
        Health::Ok => HttpResponse::Ok().json(&*found),
        Health::Unavailable => HttpResponse::ServiceUnavailable().json(&*found),
    }
}

/// Anybody may ask, as often as they like: all of them together look once.
async fn look(app: &App) -> Arc<PlatformHealthResponse> {
    let mut last = app.health.0.lock().await;
    if let Some((_, found)) = last.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
        return found.clone();
    }
    let found = Arc::new(ask_everybody(app).await);
    *last = Some((Instant::now(), found.clone()));
    found
}

async fn ask_everybody(app: &App) -> PlatformHealthResponse {
    let asked = SERVICES.iter().map(|(service, _)| *service).filter(|service| is_part(app, service));
    let answers = join_all(asked.map(async |service| (service.to_owned(), health_of(app, service).await))).await;
    let services = BTreeMap::from_iter(answers);
    let all_well = services.values().all(|service| service.status == Health::Ok);
    PlatformHealthResponse { status: if all_well { Health::Ok } else { Health::Unavailable }, services }
}

fn is_part(app: &App, service: &str) -> bool {
    service != "sandbox" || app.config.environment.is_development()
}

/// What a service answers that is not ready.
#[derive(Deserialize)]
struct NotReady {
    failed: String,
}

async fn health_of(app: &App, service: &str) -> ServiceHealth {
    if service == "gateway" {
        return match app.tokens.ready().await {
            Ok(()) => ServiceHealth { status: Health::Ok, failed: None },
            Err(_) => ServiceHealth { status: Health::Unavailable, failed: Some("keys".to_owned()) },
        };
    }
    let url = format!("{}/health/ready", app.peers.url(service));
    match app.http.get(url).timeout(TIMEOUT).send().await {
        Ok(answer) if answer.status().is_success() => ServiceHealth { status: Health::Ok, failed: None },
        Ok(answer) => {
            let failed = answer.json::<NotReady>().await.ok().map(|body| body.failed);
            ServiceHealth { status: Health::Unavailable, failed }
        }
        Err(_) => ServiceHealth { status: Health::Unavailable, failed: Some("no answer".to_owned()) },
    }
}
