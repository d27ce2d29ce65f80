//! The world of a test: the service, its provider, and the people and bookings in it.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has to fail loudly")]

mod bookings;
mod commission;
mod elements;
mod holds;
mod methods;
mod paid_out;
mod payer;
mod provider;
mod receivers;

use std::sync::{Arc, LazyLock};

use billing::App;
use contracts::webhook::v1::ProviderEventReceived;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use kernel::{CompanyId, PaymentId, UserId};
use providers::{Mode, PaymentProvider, ProviderEvent, ProviderName, Providers};
use serde_json::{Value, json};
use service_kit::{Context, Service};
use testkit::{CallerToken, TestRequest, TestResponse, TestService, envelope, eventually};

pub use bookings::{body_of, cancelled, held, with};
pub use elements::secret_of;
pub use holds::{authorized, canceled};
pub use methods::{CutOff, default_chosen, method_changed, setup_moved, visa};
pub use paid_out::{CAPTURE, HOLD, RETURN, VOID, euros};
pub use payer::{FakePayer, account_updated, blank, enabled};
pub use provider::{FakeProvider, approved, declined, processing, refund_updated, session_expired, succeeded};
pub use receivers::{ADDRESS, FakePaypal, RECEIVER};

/// Providers by the setting `fake_provider`: a service is built by a function that captures nothing.
static PROVIDERS: LazyLock<dashmap::DashMap<String, Arc<FakeProvider>>> = LazyLock::new(dashmap::DashMap::new);

/// Those beside which there is PayPal.
static PAYPALS: LazyLock<dashmap::DashMap<String, Arc<FakePaypal>>> = LazyLock::new(dashmap::DashMap::new);

fn service() -> Service<App> {
    Service { build: |context| Box::pin(build(context)), ..billing::service() }
}

async fn build(context: &Context) -> anyhow::Result<App> {
    let name: String = context.source.require("fake_provider")?;
    let provider = PROVIDERS.get(&name).map(|provider| provider.clone()).expect("a registered provider");
    let mut providers: Vec<Arc<dyn PaymentProvider>> = vec![provider];
    if let Some(paypal) = PAYPALS.get(&name) {
        providers.push(paypal.clone());
    }
    let providers = Providers::of(Mode::Sandbox, providers);
    App::with_providers(context, providers.with_publishable_key(ProviderName::Stripe, "pk_test_fake"))
}

/// A running billing with a customer and a company.
pub struct World {
    pub service: TestService,
    pub provider: Arc<FakeProvider>,
    paypal: Option<Arc<FakePaypal>>,
    pub customer: CallerToken,
    pub manager: CallerToken,
    pub company: CompanyId,
    provider_name: String,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same where companies can be paid through PayPal.
    pub async fn with_paypal() -> Self {
        Self::start_with(Some(Arc::default())).await
    }

    async fn start_with(paypal: Option<Arc<FakePaypal>>) -> Self {
        let provider_name = kernel::new_uuid().to_string();
        let provider = Arc::new(FakeProvider::default());
        PROVIDERS.insert(provider_name.clone(), provider.clone());
        if let Some(paypal) = &paypal {
            PAYPALS.insert(provider_name.clone(), paypal.clone());
        }
        let service = TestService::builder(service()).setting("fake_provider", &provider_name).start().await;
        let company = CompanyId::new();
        let manager = CallerToken::default().member_of(company, service_kit::identity::CompanyRole::Manager);
        Self { service, provider, paypal, customer: CallerToken::default(), manager, company, provider_name }
    }

    /// Another process of billing on the same database, with the same provider.
    pub async fn second_process(&self) -> TestService {
        let builder = TestService::builder(service()).setting("fake_provider", &self.provider_name);
        builder.on_database(self.service.database()).start().await
    }

    pub fn as_customer(&self, request: TestRequest) -> TestRequest {
        request.bearer(&self.service.token(&self.customer))
    }

    pub fn as_manager(&self, request: TestRequest) -> TestRequest {
        request.bearer(&self.service.token(&self.manager))
    }

    /// A held booking of the customer that billing has heard of.
    pub async fn hold(&self) -> contracts::booking::v1::BookingState {
        let booking = held(self);
        self.tell(&contracts::booking::v1::BookingHeld { booking: Some(booking.clone()) }, &booking).await;
        booking
    }

    /// Delivers an event of booking.
    pub async fn tell<E: contracts::Event>(&self, event: &E, booking: &contracts::booking::v1::BookingState) {
        let id: kernel::BookingId = booking.booking_id.parse().expect("a booking id");
        self.service.deliver(id.uuid(), booking.version, event).await;
    }

    pub async fn open_session(&self, booking_id: &str) -> TestResponse {
        self.open_session_with(booking_id, &kernel::new_uuid().to_string()).await
    }

    pub async fn open_session_with(&self, booking_id: &str, key: &str) -> TestResponse {
        let request = self.as_customer(self.service.post("/api/payments/session"));
        request.idempotency_key(key).json(session_body(booking_id)).send().await
    }

    /// A payment of the whole booking that has succeeded.
    pub async fn pay(&self, booking_id: &str) -> Value {
        let payment = self.open_session(booking_id).await.expect(201);
        self.webhook(succeeded(&payment)).await;
        self.payment(&payment).await
    }

    pub async fn payment(&self, payment: &Value) -> Value {
        let path = format!("/api/payments/{}", payment["id"].as_str().expect("an id"));
        self.as_customer(self.service.get(&path)).send().await.expect(200)
    }

    /// Waits until a payment has the given status.
    pub async fn payment_becomes(&self, payment: &Value, status: &str) -> Value {
        eventually(&format!("the payment is {status}"), async || {
            let now = self.payment(payment).await;
            (now["status"] == status).then_some(now)
        })
        .await
    }

    /// The provider's event arrives, once.
    pub async fn webhook(&self, event: ProviderEvent) {
        self.service.deliver_envelope(&self.webhook_envelope(event)).await;
    }

    pub fn webhook_envelope(&self, event: ProviderEvent) -> events::Envelope {
        envelope(kernel::new_uuid(), 1, self.service.now(), &self.received(self.provider.payload(event)))
    }

    pub fn received(&self, payload: Vec<u8>) -> ProviderEventReceived {
        ProviderEventReceived {
            provider: "stripe".to_owned(),
            provider_event_id: format!("evt_{}", kernel::new_uuid().simple()),
            event_type: "fake".to_owned(),
            payload: payload.into(),
            received_at_micros: self.service.now().as_microsecond(),
        }
    }

    pub async fn refund(&self, payment: &Value, amount: Option<i64>) -> TestResponse {
        let mut body = json!({"payment_id": payment["id"]});
        if let Some(amount) = amount {
            body["amount"] = amount.into();
        }
        let request = self.as_manager(self.service.post("/api/payments/refund"));
        request.idempotency_key(&kernel::new_uuid().to_string()).json(body).send().await
    }

    pub async fn execute(&self, statement: &str) {
        let mut conn = self.service.db.conn().await.expect("a connection");
        diesel::sql_query(statement).execute(&mut *conn).await.expect(statement);
    }

    pub async fn count(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let mut conn = self.service.db.conn().await.expect("a connection");
        let row: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {query}"))
            .get_result(&mut *conn)
            .await
            .expect(query);
        row.count
    }

    pub fn payer(&self) -> &FakePayer {
        self.provider.payer()
    }

    pub fn customer_id(&self) -> UserId {
        self.customer.user_id()
    }
}

pub fn session_body(booking_id: &str) -> Value {
    json!({"payable": {"type": "booking", "id": booking_id}})
}

pub fn payment_id(payment: &Value) -> PaymentId {
    payment["id"].as_str().expect("an id").parse().expect("a payment id")
}

pub fn cents(payment: &Value) -> i64 {
    payment["amount"]["amount"].as_i64().expect("an amount")
}
