//! A sandbox on a database of its own, a Stripe client that points at it, and the platform's webhook endpoint.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use kernel::{Currency, Money, PaymentId};
use providers::{
    CaptureMode, MethodKinds, PaymentProvider, ProviderEvent, ProviderName, Providers, ProvidersConfig, SandboxSecrets,
    Session, SessionRequest,
};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::{AnyService, Platform, Running, Source};
use testkit::{TestDatabase, TestRequest, eventually};

pub const SUCCESS: &str = "4242424242424242";
pub const NO_FUNDS: &str = "4000000000009995";
pub const AUTHENTICATION: &str = "4000002500003155";

pub struct TestSandbox {
    pub url: String,
    pub stripe: Arc<dyn PaymentProvider>,
    pub providers: Providers,
    pub hook: Hook,
    pub platform: Platform,
    database: Arc<TestDatabase>,
    client: reqwest::Client,
    running: Option<Running>,
}

impl TestSandbox {
    pub async fn start() -> Self {
        let fill = async |url: String| {
            let platform = platform(&url, "http://127.0.0.1:1", &Hook::default());
            sandbox::service().migrate(&platform).await.unwrap();
        };
        let database = Arc::new(TestDatabase::from_template("sandbox", fill).await);
        Self::on_database(database, Hook::start()).await
    }

    /// As a process that is started again.
    pub async fn restart(mut self) -> Self {
        if let Some(running) = self.running.take() {
            running.drain().await;
        }
        Self::on_database(self.database.clone(), self.hook.clone()).await
    }

    async fn on_database(database: Arc<TestDatabase>, hook: Hook) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = platform(&database.url(), &url, &hook);
        let secret = |name: &str| platform.source.secret(name).unwrap();
        let secrets = SandboxSecrets {
            stripe_webhook: secret("stripe_webhook_secret"),
            square_webhook: secret("square_webhook_signature_key"),
            square_notification_url: format!("{}/webhooks/square", platform.source.public_url().unwrap()),
        };
        let providers = Providers::new(ProvidersConfig::sandbox(&url, &secrets)).unwrap();
        let running = Box::new(sandbox::service()).start(&platform, listener).await.unwrap();
        platform.bus.open();
        let stripe = providers.get(ProviderName::Stripe).unwrap();
        hook.verify_with(providers.clone(), platform.clock.clone());
        // Redirects are what is looked at.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, stripe, providers, hook, platform, database, client, running: Some(running) }
    }

    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::new(&self.client, method, format!("{}{path}", self.url))
    }

    /// A form as a browser or a Stripe client sends it.
    pub fn form(&self, path: &str, body: &str) -> TestRequest {
        self.post(path).raw("application/x-www-form-urlencoded", body.to_owned())
    }

    /// Opens a session for 90 EUR.
    pub async fn session(&self) -> (PaymentId, Session) {
        self.session_at(ProviderName::Stripe).await
    }

    /// The same at another provider.
    pub async fn session_at(&self, name: ProviderName) -> (PaymentId, Session) {
        let payment_id = PaymentId::new();
        let session = self.provider(name).create_session(self.session_request(payment_id)).await.unwrap();
        (payment_id, session)
    }

    pub fn provider(&self, name: ProviderName) -> Arc<dyn PaymentProvider> {
        self.providers.get(name).unwrap()
    }

    /// The next calls of a provider's API go wrong.
    pub async fn fault(&self, fault: Value) {
        let answer = self.post("/sandbox/faults").json(fault).send().await;
        assert_eq!(answer.status.as_u16(), 204);
    }

    pub fn session_request(&self, payment_id: PaymentId) -> SessionRequest {
        SessionRequest {
            payment_id,
            amount: Money::new(9000, Currency::EUR),
            capture: CaptureMode::Automatic,
            methods: MethodKinds::Immediate,
            description: "Room <1> & more".to_owned(),
            customer_email: Some("ada@example.com".to_owned()),
            success_url: "http://127.0.0.1:8080/paid?session={CHECKOUT_SESSION_ID}".parse().unwrap(),
            cancel_url: "http://127.0.0.1:8080/cancelled".parse().unwrap(),
            requested_at: self.platform.clock.now(),
            expires_at: None,
            metadata: BTreeMap::from([("booking_id".to_owned(), "bkg_1".to_owned())]),
            destination: None,
        }
    }

    /// Pays without a browser; the outcome.
    pub async fn complete(&self, id: &str, card: &str, webhooks: Value) -> String {
        let body = json!({"card": card, "webhooks": webhooks});
        let answer = self.post(&format!("/sandbox/checkout/{id}/complete")).json(body).send().await.expect(200);
        answer["outcome"].as_str().unwrap().to_owned()
    }

    pub async fn advance(&self, secs: i64) -> Value {
        self.post("/sandbox/clock").json(json!({"advance_seconds": secs})).send().await.expect(200)
    }

    /// Waits until `wanted` recognises one of the events that have arrived.
    pub async fn told<T>(&self, what: &str, wanted: impl Fn(&ProviderEvent) -> Option<T>) -> T {
        eventually(what, || async { self.hook.events().iter().find_map(&wanted) }).await
    }
}

fn platform(database_url: &str, url: &str, hook: &Hook) -> Platform {
    let settings = [
        ("env", "development"),
        ("sandbox_database_url", database_url),
        ("sandbox_url", url),
        ("sandbox_stripe_webhook_url", &format!("{}/stripe", hook.url)),
        ("sandbox_square_webhook_url", &format!("{}/square", hook.url)),
        ("sandbox_paypal_webhook_url", &format!("{}/paypal", hook.url)),
        // Never the clocks of another platform on this machine.
        ("clock_services", "sandbox"),
    ];
    Platform::new(Source::from_pairs(settings).unwrap(), Arc::new(events::MemoryBus::new())).unwrap()
}

type Verifier = (Providers, kernel::SharedClock);

/// The platform's webhook endpoint: takes what is signed, and can be told to refuse for a while.
#[derive(Clone)]
pub struct Hook {
    pub url: String,
    taken: Arc<Mutex<Vec<(String, ProviderEvent)>>>,
    /// What was taken, as it came.
    deliveries: Arc<Mutex<Vec<Value>>>,
    refusals: Arc<AtomicU32>,
    verifier: Arc<Mutex<Option<Verifier>>>,
}

impl Default for Hook {
    fn default() -> Self {
        let url = "http://127.0.0.1:1/hook".to_owned();
        Self {
            url,
            taken: Arc::default(),
            deliveries: Arc::default(),
            refusals: Arc::default(),
            verifier: Arc::default(),
        }
    }
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let hook = Self { url, ..Self::default() };
        let state = hook.clone();
        let app = move || {
            let app = App::new().app_data(web::Data::new(state.clone()));
            app.route("/hook", web::get().to(deliveries)).route("/hook/{provider}", web::post().to(take))
        };
        tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
        hook
    }

    fn verify_with(&self, providers: Providers, clock: kernel::SharedClock) {
        *self.verifier.lock().unwrap() = Some((providers, clock));
    }

    pub fn refuse_next(&self, count: u32) {
        self.refusals.store(count, Ordering::SeqCst);
    }

    pub fn events(&self) -> Vec<ProviderEvent> {
        self.taken.lock().unwrap().iter().map(|(_, event)| event.clone()).collect()
    }

    /// The ids of all arrivals, repeats included.
    pub fn ids(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }
}

/// For those who check signatures in another language.
async fn deliveries(hook: web::Data<Hook>) -> HttpResponse {
    HttpResponse::Ok().json(&*hook.deliveries.lock().unwrap())
}

async fn take(hook: web::Data<Hook>, name: web::Path<String>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let refuse = |left: u32| left.checked_sub(1);
    if hook.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse).is_ok() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let headers = request.headers().iter();
    let headers: Vec<_> = headers.map(|(k, v)| (k.to_string(), v.to_str().unwrap_or_default().to_owned())).collect();
    let (providers, clock) = hook.verifier.lock().unwrap().clone().unwrap();
    let provider = providers.get(name.parse().unwrap()).unwrap();
    match provider.verify_webhook(&headers, &body, clock.now()).await {
        Ok(verified) => {
            let event = provider.parse_event(&body).unwrap();
            let headers: BTreeMap<_, _> = headers.into_iter().collect();
            let delivery = json!({"provider": *name, "headers": headers, "body": String::from_utf8_lossy(&body)});
            hook.deliveries.lock().unwrap().push(delivery);
            hook.taken.lock().unwrap().push((verified.provider_event_id, event));
            HttpResponse::Ok().finish()
        }
        Err(_) => HttpResponse::BadRequest().finish(),
    }
}
