//! Attacks on PayPal's signature, against chains made for the purpose.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, SigningKey, date_time_ymd,
};

use super::*;
use crate::{http, paypal::certificates::Trust};

const BASE: &str = "http://127.0.0.1:8090/paypal/";
const SIGNER: &str = "messageverificationcerts.sandbox.paypal.com";
const BODY: &[u8] = br#"{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}"#;
const NOW: &str = "2027-03-28T10:00:00Z";

/// Somebody who issues certificates, and one certificate with its key.
struct Issuer {
    root: String,
    chain: String,
    key: KeyPair,
}

fn issuer(name: &str, until: (i32, u8, u8)) -> Issuer {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.distinguished_name.push(DnType::CommonName, "Root of a test");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let mut signer = CertificateParams::new(vec![name.to_owned()]).unwrap();
    signer.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    signer.not_before = date_time_ymd(2026, 1, 1);
    signer.not_after = date_time_ymd(until.0, until.1, until.2);
    let signer = signer.signed_by(&key, &authority).unwrap();
    Issuer { root: authority.pem(), chain: format!("{}{}", signer.pem(), authority.pem()), key }
}

static PAYPAL: LazyLock<Issuer> = LazyLock::new(|| issuer(SIGNER, (2030, 1, 1)));

fn cert_url(name: &str) -> String {
    format!("{BASE}v1/notifications/certs/{name}")
}

fn certificates() -> Certificates {
    let trust = Trust::sandbox(&BASE.parse().unwrap());
    let certificates = Certificates::new(trust, http::client(&BASE.parse().unwrap(), 1_000).unwrap());
    certificates.publish(&cert_url("root"), &PAYPAL.root);
    certificates.publish(&cert_url("CERT-1"), &PAYPAL.chain);
    certificates
}

/// A delivery that PayPal would make, and what an attacker changes about it.
#[derive(Clone)]
struct Delivery {
    webhook_id: &'static str,
    time: &'static str,
    cert_url: String,
    algorithm: &'static str,
    signed_body: Vec<u8>,
    sent_body: Vec<u8>,
}

fn delivery() -> Delivery {
    Delivery {
        webhook_id: "WH-new",
        time: "2027-03-28T09:59:00Z",
        cert_url: cert_url("CERT-1"),
        algorithm: ALGORITHM,
        signed_body: BODY.to_vec(),
        sent_body: BODY.to_vec(),
    }
}

impl Delivery {
    fn headers(&self, key: &KeyPair) -> Vec<(String, String)> {
        let checksum = crc32fast::hash(&self.signed_body);
        let message = format!("tx-1|{}|{}|{checksum}", self.time, self.webhook_id);
        let signature = BASE64_STANDARD.encode(key.sign(message.as_bytes()).unwrap());
        [
            ("PAYPAL-TRANSMISSION-ID", "tx-1"),
            ("PAYPAL-TRANSMISSION-TIME", self.time),
            ("PAYPAL-CERT-URL", &self.cert_url),
            ("PAYPAL-AUTH-ALGO", self.algorithm),
            ("PAYPAL-TRANSMISSION-SIG", &signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    async fn check(&self, certificates: &Certificates, key: &KeyPair) -> Result<Timestamp, WebhookError> {
        let ids = ["WH-new", "WH-old"].map(str::to_owned);
        verify(certificates, &ids, &self.headers(key), &self.sent_body, NOW.parse().unwrap()).await
    }
}

#[tokio::test]
async fn what_paypal_signed_for_either_webhook_is_good() {
    let certificates = certificates();
    for webhook_id in ["WH-new", "WH-old"] {
        let signed_at = Delivery { webhook_id, ..delivery() }.check(&certificates, &PAYPAL.key).await.unwrap();
        assert_eq!(signed_at.to_string(), "2027-03-28T09:59:00Z");
    }
}

#[tokio::test]
async fn a_forgery_of_any_kind_is_refused() {
    use WebhookError as E;
    let certificates = certificates();
    let changed = |position: usize| {
        let mut body = BODY.to_vec();
        body[position] ^= 1;
        body
    };
    let mut attacks = vec![
        ("a webhook of somebody else", Delivery { webhook_id: "WH-other", ..delivery() }, E::WrongSignature),
        ("too old", Delivery { time: "2027-03-25T08:59:59Z", ..delivery() }, E::Stale),
        ("from the future", Delivery { time: "2027-03-28T10:05:01Z", ..delivery() }, E::Stale),
        ("no time", Delivery { time: "yesterday", ..delivery() }, E::MalformedSignature),
        ("weaker algorithm", Delivery { algorithm: "SHA1withRSA", ..delivery() }, E::MalformedSignature),
        ("a longer body", Delivery { sent_body: [BODY, b" "].concat(), ..delivery() }, E::WrongSignature),
        ("no body", Delivery { sent_body: Vec::new(), ..delivery() }, E::WrongSignature),
    ];
    for position in [0, BODY.len() / 2, BODY.len() - 1] {
        attacks.push(("one bit", Delivery { sent_body: changed(position), ..delivery() }, E::WrongSignature));
    }
    for (what, attack, expected) in attacks {
        assert_eq!(attack.check(&certificates, &PAYPAL.key).await, Err(expected), "{what}");
    }
    let other_key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    assert_eq!(delivery().check(&certificates, &other_key).await, Err(E::WrongSignature), "a key of the attacker's");
}

#[tokio::test]
async fn a_certificate_from_elsewhere_is_not_even_fetched() {
    let certificates = certificates();
    for url in [
        "http://127.0.0.1:8091/paypal/v1/notifications/certs/CERT-1",
        "https://127.0.0.1:8090/paypal/v1/notifications/certs/CERT-1",
        "http://127.0.0.1:8090/v1/notifications/certs/CERT-1",
        "http://127.0.0.1:8090/paypal/v1/notifications/certs/../../upload/CERT-1",
        "http://127.0.0.1:8090/paypal/v1/notifications/certs/CERT-1?to=elsewhere",
        "http://127.0.0.1:8090@evil.example/paypal/v1/notifications/certs/CERT-1",
        "http://user@127.0.0.1:8090/paypal/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "file:///etc/passwd",
        "",
    ] {
        // Were it trusted, the test's own key would make it good.
        certificates.publish(url, &PAYPAL.chain);
        let attack = Delivery { cert_url: url.to_owned(), ..delivery() };
        assert_eq!(attack.check(&certificates, &PAYPAL.key).await, Err(WebhookError::UntrustedCertificate), "{url}");
    }
}

#[tokio::test]
async fn a_chain_that_does_not_end_at_paypals_root_or_name_is_refused() {
    let foreign = issuer(SIGNER, (2030, 1, 1));
    let expired = issuer(SIGNER, (2027, 1, 1));
    let misnamed = issuer("messageverificationcerts.paypal.com.evil.example", (2030, 1, 1));
    let certificates = certificates();
    certificates.publish(&cert_url("CERT-1"), &foreign.chain);
    assert_eq!(delivery().check(&certificates, &foreign.key).await, Err(WebhookError::UntrustedCertificate));
    for bad in [&expired, &misnamed] {
        // Even by the right root.
        certificates.publish(&cert_url("root"), &bad.root);
        certificates.publish(&cert_url("CERT-1"), &bad.chain);
        assert_eq!(delivery().check(&certificates, &bad.key).await, Err(WebhookError::UntrustedCertificate));
    }
    // A self-made certificate is no chain at all.
    certificates.publish(&cert_url("CERT-1"), &foreign.root);
    assert_eq!(delivery().check(&certificates, &foreign.key).await, Err(WebhookError::UntrustedCertificate));
}

#[tokio::test]
async fn half_a_signature_is_none() {
    let certificates = certificates();
    let whole = delivery().headers(&PAYPAL.key);
    for missing in 0..whole.len() {
        let mut headers = whole.clone();
        let (name, _) = headers.remove(missing);
        let result = verify(&certificates, &["WH-new".to_owned()], &headers, BODY, NOW.parse().unwrap()).await;
        assert_eq!(result, Err(WebhookError::MissingSignature), "{name}");
    }
    let unconfigured = verify(&certificates, &[], &whole, BODY, NOW.parse().unwrap()).await;
    assert_eq!(unconfigured, Err(WebhookError::NotConfigured));
}

#[test]
fn paypals_own_addresses_are_the_only_ones_for_real_money() {
    let trust = Trust::live();
    let allowed = |url: &str| url.parse().is_ok_and(|url| trust.allows(&url));
    assert!(allowed("https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-7a8abba8"));
    for bad in [
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/",
    ] {
        assert!(!allowed(bad), "{bad}");
    }
}
