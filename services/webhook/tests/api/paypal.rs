//! Deliveries of PayPal: signed with a certificate that has to be fetched from PayPal.

use std::{
    net::TcpListener,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::{Engine, prelude::BASE64_STANDARD};
use contracts::webhook::v1::ProviderEventReceived;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    PKCS_RSA_SHA256, SigningKey,
};
use serde_json::json;
use testkit::{TestRequest, TestService};

const PATH: &str = "/webhooks/paypal";
const WEBHOOK_ID: &str = "WH-SANDBOX";
const CERTIFICATE: &str = "/paypal/v1/notifications/certs/CERT-1";

struct Signer {
    root: String,
    chain: String,
    key: KeyPair,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(signer);

fn signer() -> Signer {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Root of a test");
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let name = "messageverificationcerts.sandbox.paypal.com".to_owned();
    let mut leaf = CertificateParams::new(vec![name]).unwrap();
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = leaf.signed_by(&key, &root).unwrap();
    Signer { root: root.pem(), chain: leaf.pem(), key }
}

/// Where certificates are published, as far as the webhook service looks.
#[derive(Clone, Default)]
struct Publisher {
    url: String,
    fetches: Arc<AtomicU32>,
    is_down: Arc<AtomicBool>,
}

impl Publisher {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let publisher = Self { url: format!("http://{}", listener.local_addr().unwrap()), ..Self::default() };
        let state = publisher.clone();
        let app = move || {
            let state = web::Data::new(state.clone());
            App::new().app_data(state).route("/paypal/v1/notifications/certs/{name}", web::get().to(certificate))
        };
        tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
        publisher
    }
}

async fn certificate(publisher: web::Data<Publisher>, name: web::Path<String>) -> HttpResponse {
    publisher.fetches.fetch_add(1, Ordering::SeqCst);
    match name.as_str() {
        _ if publisher.is_down.load(Ordering::SeqCst) => HttpResponse::ServiceUnavailable().finish(),
        "root" => HttpResponse::Ok().body(SIGNER.root.clone()),
        "CERT-1" => HttpResponse::Ok().body(SIGNER.chain.clone()),
        _ => HttpResponse::NotFound().finish(),
    }
}

async fn start() -> (TestService, Publisher) {
    let publisher = Publisher::start();
    let service = TestService::builder(webhook::service()).setting("sandbox_url", &publisher.url).start().await;
    (service, publisher)
}

fn event(id: &str) -> String {
    json!({"id": id, "event_type": "PAYMENT.CAPTURE.COMPLETED", "create_time": "2027-03-28T10:00:00Z", "resource": {}})
        .to_string()
}

/// What PayPal would send, and what is said or sent instead.
struct Sent<'a> {
    webhook_id: &'a str,
    signed_at: Timestamp,
    cert_url: String,
    signed_body: &'a str,
    body: &'a str,
}

impl<'a> Sent<'a> {
    fn rightly(service: &TestService, publisher: &Publisher, body: &'a str) -> Self {
        let cert_url = format!("{}{CERTIFICATE}", publisher.url);
        Self { webhook_id: WEBHOOK_ID, signed_at: service.now(), cert_url, signed_body: body, body }
    }

    fn request(&self, service: &TestService) -> TestRequest {
        let checksum = crc32fast::hash(self.signed_body.as_bytes());
        let message = format!("tx-1|{}|{}|{checksum}", self.signed_at, self.webhook_id);
        let signature = BASE64_STANDARD.encode(SIGNER.key.sign(message.as_bytes()).unwrap());
        service
            .post(PATH)
            .header("paypal-transmission-id", "tx-1")
            .header("paypal-transmission-time", &self.signed_at.to_string())
            .header("paypal-transmission-sig", &signature)
            .header("paypal-cert-url", &self.cert_url)
            .header("paypal-auth-algo", "SHA256withRSA")
            .raw("application/json", self.body.to_owned())
    }
}

#[tokio::test]
async fn an_event_of_paypal_is_stored_once_and_the_certificate_fetched_once() {
    let (service, publisher) = start().await;
    let bodies = [event("WH-1"), event("WH-2")];
    for body in [&bodies[0], &bodies[0], &bodies[1]] {
        Sent::rightly(&service, &publisher, body).request(&service).send().await.expect(200);
    }
    let published = service.events::<ProviderEventReceived>().await;
    let ids: Vec<_> = published.iter().map(|event| event.provider_event_id.as_str()).collect();
    assert_eq!(ids, ["WH-1", "WH-2"]);
    // The root and the signer's own.
    assert_eq!(publisher.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn forgeries_leave_nothing() {
    let (service, publisher) = start().await;
    let body = event("WH-1");
    let changed = body.replace("WH-1", "WH-2");
    let right = || Sent::rightly(&service, &publisher, &body);
    let now = service.now();
    let attacks = [
        ("another webhook", Sent { webhook_id: "WH-OTHER", ..right() }),
        ("one byte changed", Sent { body: &changed, ..right() }),
        ("expired", Sent { signed_at: now - SignedDuration::from_hours(74), ..right() }),
        ("from the future", Sent { signed_at: now + SignedDuration::from_mins(6), ..right() }),
        ("a foreign host", Sent { cert_url: format!("http://127.0.0.1:1{CERTIFICATE}"), ..right() }),
        ("another path", Sent { cert_url: format!("{}/upload/CERT-1", publisher.url), ..right() }),
        ("an unknown certificate", Sent { cert_url: format!("{}{CERTIFICATE}2", publisher.url), ..right() }),
    ];
    for (what, attack) in attacks {
        let answer = attack.request(&service).send().await;
        assert_eq!(answer.status.as_u16(), 400, "{what}");
    }
    let unsigned = service.post(PATH).raw("application/json", body.clone());
    unsigned.send().await.expect_problem(400, "invalid_signature");
    assert!(service.events::<ProviderEventReceived>().await.is_empty());
    right().request(&service).send().await.expect(200);
}

#[tokio::test]
async fn while_the_certificate_cannot_be_fetched_paypal_is_asked_to_come_again() {
    let (service, publisher) = start().await;
    publisher.is_down.store(true, Ordering::SeqCst);
    let body = event("WH-1");
    let refused = Sent::rightly(&service, &publisher, &body).request(&service).send().await;
    refused.expect_problem(503, "unavailable");
    publisher.is_down.store(false, Ordering::SeqCst);
    Sent::rightly(&service, &publisher, &body).request(&service).send().await.expect(200);
    assert_eq!(service.events::<ProviderEventReceived>().await.len(), 1);
}
