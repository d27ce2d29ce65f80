//! The other services, played by one server: auth's keys and service tokens, and canned answers for the rest.

use std::{net::TcpListener, sync::Arc};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use dashmap::DashMap;
use serde_json::Value;
use service_kit::peers::{ServiceTokenRequest, ServiceTokenResponse};

use crate::TestKeys;

/// Answers by `METHOD path`; anything else is 404.
#[derive(Clone)]
pub struct FakePeers {
    pub url: String,
    answers: Arc<DashMap<String, (u16, Value)>>,
    calls: Arc<DashMap<String, u32>>,
}

impl FakePeers {
    pub fn start(keys: Arc<TestKeys>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let peers = Self { url, answers: Arc::default(), calls: Arc::default() };
        let state = peers.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(state.clone()))
                .app_data(web::Data::from(keys.clone()))
                .route("/.well-known/jwks.json", web::get().to(jwks))
                .route("/internal/service-tokens", web::post().to(service_token))
                .default_service(web::to(answer))
        });
        let server = server.listen(listener).expect("listening").workers(1).disable_signals().run();
        tokio::spawn(server);
        peers
    }

    /// Answers `GET path` with 200 and this body.
    pub fn get(&self, path: &str, body: Value) {
        self.answer(&format!("GET {path}"), 200, body);
    }

    /// Answers `POST path` with 200 and this body.
    pub fn post(&self, path: &str, body: Value) {
        self.answer(&format!("POST {path}"), 200, body);
    }

    /// Answers `METHOD path` from now on with this status and body; `*` stands for any one segment.
    pub fn answer(&self, route: &str, status: u16, body: Value) {
        self.answers.insert(route.to_owned(), (status, body));
    }

    /// How often `METHOD path` was asked; `*` stands for any one segment.
    pub fn calls(&self, route: &str) -> u32 {
        self.calls.iter().filter(|call| fits(route, call.key())).map(|call| *call.value()).sum()
    }
}

async fn jwks(keys: web::Data<TestKeys>) -> HttpResponse {
    HttpResponse::Ok().json(keys.jwks())
}

async fn service_token(keys: web::Data<TestKeys>, request: web::Json<ServiceTokenRequest>) -> HttpResponse {
    let access_token = keys.service_token(&request.service, &request.audience);
    HttpResponse::Ok().json(ServiceTokenResponse { access_token, expires_in: 300 })
}

async fn answer(peers: web::Data<FakePeers>, request: HttpRequest) -> HttpResponse {
    let route = format!("{} {}", request.method(), request.path());
    *peers.calls.entry(route.clone()).or_insert(0) += 1;
    let known = peers.answers.iter().find(|known| fits(known.key(), &route)).map(|known| known.value().clone());
    match known {
        Some((status, body)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).json(body)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

fn fits(pattern: &str, route: &str) -> bool {
    let (mut patterns, mut segments) = (pattern.split('/'), route.split('/'));
    let fit = patterns.by_ref().zip(segments.by_ref()).all(|(pattern, segment)| pattern == "*" || pattern == segment);
    fit && pattern.split('/').count() == route.split('/').count()
}
