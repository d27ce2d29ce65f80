//! Everything behind the gateway: auth's internal routes, and for all else a server that tells what reached it.

use std::{
    collections::{HashMap, HashSet},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use futures_util::{StreamExt, stream};
use kernel::{CompanyId, SessionId, UserId};
use serde_json::{Value, json};
use service_kit::{
    identity::{Audience, ISSUER, TokenType},
    peers::{ServiceTokenRequest, ServiceTokenResponse},
};
use testkit::{TestKeys, TestService, TestServiceBuilder};
use tokio::sync::Semaphore;

#[derive(Default)]
struct People {
    revoked: HashSet<String>,
    /// Rises with every change of what a user may do.
    versions: HashMap<String, u32>,
    /// API keys with their ids and for whom they act; one that is revoked is not here any more.
    api_keys: HashMap<String, (String, KeyOwner)>,
}

#[derive(Clone)]
pub struct Behind {
    pub url: String,
    pub keys: Arc<TestKeys>,
    people: Arc<Mutex<People>>,
    exchanges: Arc<AtomicUsize>,
    arrived: Arc<AtomicUsize>,
    probes: Arc<AtomicUsize>,
    ready: Arc<AtomicBool>,
    key_is_withdrawn: Arc<AtomicBool>,
    /// `/api/photos/gate` reads its body only once this has a permit.
    pub gate: Arc<Semaphore>,
    handle: Option<ServerHandle>,
}

/// For whom an API key acts.
#[derive(Debug, Clone, Copy)]
pub enum KeyOwner {
    User(UserId),
    Company(CompanyId),
}

/// Somebody with a session.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    pub user: UserId,
    pub session: SessionId,
}

impl Client {
    pub fn new() -> Self {
        Self { user: UserId::new(), session: SessionId::new() }
    }

    pub fn claims(&self, now: i64) -> Value {
        let (sub, sid) = (self.user, self.session);
        json!({"iss": ISSUER, "aud": Audience::PUBLIC, "sub": sub, "sid": sid, "iat": now, "exp": now + 600, "jti": "1"})
    }
}

impl Behind {
    pub fn start() -> Self {
        Self::start_on(([127, 0, 0, 1], 0).into())
    }

    pub fn start_on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut behind = Self {
            url,
            keys: Arc::default(),
            people: Arc::default(),
            exchanges: Arc::default(),
            arrived: Arc::default(),
            probes: Arc::default(),
            ready: Arc::new(AtomicBool::new(true)),
            key_is_withdrawn: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            handle: None,
        };
        let data = behind.clone();
        let app = move || {
            App::new()
                .app_data(web::Data::new(data.clone()))
                .route("/.well-known/jwks.json", web::get().to(jwks))
                .route("/internal/service-tokens", web::post().to(service_token))
                .route("/internal/identity-tokens", web::post().to(identity_token))
                .route("/internal/api-key-identity-tokens", web::post().to(api_key_identity_token))
                .route("/api/realtime/refused", web::get().to(HttpResponse::Forbidden))
                .route("/health/ready", web::get().to(readiness))
                .route("/api/auth/logout", web::post().to(log_out))
                .route("/api/companies", web::post().to(create_company))
                .route("/api/photos/gate", web::post().to(behind_the_gate))
                .route("/api/photos/{bytes}/download", web::get().to(download))
                .default_service(web::to(echo))
        };
        let server = HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run();
        behind.handle = Some(server.handle());
        tokio::spawn(server);
        behind
    }

    /// A gateway with this behind every door.
    pub fn gateway(&self) -> TestServiceBuilder<gateway::App> {
        let mut builder = TestService::builder(gateway::service());
        for service in ["auth", "booking", "billing", "ledger", "messaging", "webhook", "sandbox"] {
            builder = builder.setting(&format!("{service}_url"), &self.url);
        }
        builder
    }

    /// An access token as auth would sign it.
    pub fn token(&self, gateway: &TestService, client: Client) -> String {
        self.keys.sign(TokenType::Access, &client.claims(gateway.now().as_second()))
    }

    pub fn revoke(&self, session: SessionId) {
        self.people.lock().unwrap().revoked.insert(session.to_string());
    }

    /// The user may do something else from now on.
    pub fn change(&self, caller: impl ToString) {
        *self.people.lock().unwrap().versions.entry(caller.to_string()).or_default() += 1;
    }

    pub fn add_api_key(&self, api_key: &str, key_id: &str, owner: KeyOwner) {
        self.people.lock().unwrap().api_keys.insert(api_key.to_owned(), (key_id.to_owned(), owner));
    }

    pub fn revoke_api_key(&self, api_key: &str) {
        self.people.lock().unwrap().api_keys.remove(api_key);
    }

    /// From now on another key is published in place of the one that signs.
    pub fn withdraw_key(&self) {
        self.key_is_withdrawn.store(true, Ordering::SeqCst);
    }

    /// How often auth was asked for an identity.
    pub fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::SeqCst)
    }

    /// How many requests have reached a service whole, other than those of routes with a part to play.
    pub fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    /// How often readiness was asked for.
    pub fn probes(&self) -> usize {
        self.probes.load(Ordering::SeqCst)
    }

    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    /// Returns when nobody answers any more, on connections that were open before either.
    pub async fn stop(&self) {
        let connection = reqwest::Client::builder().no_proxy().build().unwrap();
        let ask = async || connection.get(format!("{}/health/ready", self.url)).send().await;
        ask().await.unwrap();
        self.handle.as_ref().unwrap().stop(false).await;
        testkit::eventually("the server is gone", async || ask().await.is_err().then_some(())).await;
    }
}

async fn jwks(behind: web::Data<Behind>) -> HttpResponse {
    let mut jwks = behind.keys.jwks();
    if behind.key_is_withdrawn.load(Ordering::SeqCst) {
        jwks["keys"][0]["kid"] = json!("another-key");
    }
    HttpResponse::Ok().json(jwks)
}

async fn service_token(behind: web::Data<Behind>, request: web::Json<ServiceTokenRequest>) -> HttpResponse {
    let access_token = behind.keys.service_token(&request.service, &request.audience);
    HttpResponse::Ok().json(ServiceTokenResponse { access_token, expires_in: 300 })
}

async fn identity_token(behind: web::Data<Behind>, body: web::Json<Value>) -> HttpResponse {
    behind.exchanges.fetch_add(1, Ordering::SeqCst);
    let (user, session) = (body["user_id"].as_str().unwrap(), body["session_id"].as_str().unwrap());
    let people = behind.people.lock().unwrap();
    if people.revoked.contains(session) {
        return HttpResponse::NotFound().finish();
    }
    let version = people.versions.get(user).copied().unwrap_or(0);
    HttpResponse::Ok().json(json!({"token": format!("{user}.{session}.{version}"), "expires_in": 300}))
}

async fn api_key_identity_token(behind: web::Data<Behind>, body: web::Json<Value>) -> HttpResponse {
    behind.exchanges.fetch_add(1, Ordering::SeqCst);
    let people = behind.people.lock().unwrap();
    let Some((key_id, owner)) = people.api_keys.get(body["api_key"].as_str().unwrap()) else {
        return HttpResponse::Unauthorized().json(json!({"code": "invalid_api_key", "status": 401}));
    };
    let version = people.versions.get(key_id).copied().unwrap_or(0);
    let mut answer = json!({"token": format!("{key_id}.key.{version}"), "expires_in": 300, "key_id": key_id});
    match owner {
        KeyOwner::User(id) => answer["user_id"] = json!(id),
        KeyOwner::Company(id) => answer["company_id"] = json!(id),
    }
    HttpResponse::Ok().json(answer)
}

/// User and session of an internal identity.
fn caller(request: &HttpRequest) -> Option<(String, String)> {
    let token = request.headers().get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    let mut parts = token.split('.');
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

async fn log_out(behind: web::Data<Behind>, request: HttpRequest) -> HttpResponse {
    let Some((_, session)) = caller(&request) else { return HttpResponse::Unauthorized().finish() };
    behind.people.lock().unwrap().revoked.insert(session);
    HttpResponse::NoContent().finish()
}

async fn create_company(behind: web::Data<Behind>, request: HttpRequest) -> HttpResponse {
    let Some((user, _)) = caller(&request) else { return HttpResponse::Unauthorized().finish() };
    behind.change(user);
    HttpResponse::Created().json(json!({}))
}

async fn readiness(behind: web::Data<Behind>) -> HttpResponse {
    behind.probes.fetch_add(1, Ordering::SeqCst);
    if behind.ready.load(Ordering::SeqCst) {
        HttpResponse::Ok().json(json!({"status": "ok"}))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({"status": "unavailable", "failed": "database"}))
    }
}

async fn behind_the_gate(behind: web::Data<Behind>, payload: web::Payload) -> HttpResponse {
    behind.gate.acquire().await.unwrap().forget();
    HttpResponse::Ok().json(json!({"length": length_of(payload).await}))
}

async fn download(bytes: web::Path<usize>) -> HttpResponse {
    const CHUNK: usize = 64 * 1024;
    let chunks = (0..bytes.into_inner() / CHUNK).map(|_| Ok::<_, std::io::Error>(web::Bytes::from(vec![b'x'; CHUNK])));
    HttpResponse::Ok().streaming(stream::iter(chunks))
}

/// What arrived.
async fn echo(behind: web::Data<Behind>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut headers: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.to_string()).or_default().push(value);
    }
    let length = length_of(payload).await;
    behind.arrived.fetch_add(usize::from(length.is_some()), Ordering::SeqCst);
    let told = json!({
        "method": request.method().as_str(),
        "path": request.path(),
        "query": request.query_string(),
        "headers": headers,
        "length": length,
    });
    HttpResponse::Ok().insert_header(("x-request-id", "upstream")).insert_header(("keep-alive", "timeout=9")).json(told)
}

async fn length_of(mut payload: web::Payload) -> Option<usize> {
    let mut length = 0;
    while let Some(chunk) = payload.next().await {
        length += chunk.ok()?.len();
    }
    Some(length)
}
