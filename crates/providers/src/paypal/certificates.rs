//! PayPal's signing certificates: fetched from PayPal only, kept, and trusted by their chain.
//!
//! An event names the address of the certificate it is signed with. That address is a claim of whoever sent the event,
//! so it must be one of PayPal's before anything is fetched, and what is fetched must be issued to PayPal's signer by a
//! root that we trust.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::Client;
use rustls_pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, pem::PemObject,
};
use tokio::sync::Semaphore;
use url::Url;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs as algorithms};

use crate::{WebhookError, http};

/// Whose certificates count.
pub struct Trust {
    /// Scheme, host and port of addresses that are PayPal's.
    origins: Vec<Url>,
    /// The path below which certificates are published.
    path: String,
    /// Whom a certificate must be issued to: one of these.
    names: &'static [&'static str],
    roots: Roots,
}

enum Roots {
    /// Of the public web.
    Public,
    /// The sandbox's own, published by it.
    FetchedFrom(Url),
}

const LIVE: &[&str] = &["https://api.paypal.com", "https://api-m.paypal.com"];
const TEST: &[&str] = &["https://api.sandbox.paypal.com", "https://api-m.sandbox.paypal.com"];
const SIGNERS: &[&str] = &["messageverificationcerts.paypal.com"];
const TEST_SIGNERS: &[&str] = &["messageverificationcerts.sandbox.paypal.com", "messageverificationcerts.paypal.com"];
const PATH: &str = "/v1/notifications/certs/";

impl Trust {
    pub fn live() -> Self {
        Self { origins: urls(LIVE), path: PATH.to_owned(), names: SIGNERS, roots: Roots::Public }
    }

    pub fn test() -> Self {
        Self { origins: urls(TEST), path: PATH.to_owned(), names: TEST_SIGNERS, roots: Roots::Public }
    }

    /// The development sandbox vouches for itself.
    pub fn sandbox(base: &Url) -> Self {
        let path = format!("{}{PATH}", base.path().trim_end_matches('/'));
        let mut root = base.clone();
        root.set_path(&format!("{path}root"));
        Self { origins: vec![base.clone()], path, names: TEST_SIGNERS, roots: Roots::FetchedFrom(root) }
    }

    pub(super) fn allows(&self, url: &Url) -> bool {
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let name = url.path().strip_prefix(&self.path);
        let is_name = name.is_some_and(|name| http::checked_id(name).is_ok());
        is_plain && is_name && self.origins.iter().any(|origin| origin.origin() == url.origin())
    }
}

fn urls(texts: &[&str]) -> Vec<Url> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

type Chain = Arc<Vec<CertificateDer<'static>>>;

pub struct Certificates {
    trust: Trust,
    http: Client,
    kept: Mutex<BTreeMap<String, Chain>>,
    /// Few at a time: who invents addresses at PayPal must not make us flood it.
    fetches: Semaphore,
}

/// PayPal has a handful; more than these are invented ones.
const MOST_KEPT: usize = 32;
const FETCHES_AT_ONCE: usize = 2;

/// Who waits longer for a turn is told to deliver again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a chain of PayPal's may be signed with.
const CHAIN_ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
];

impl Certificates {
    pub fn new(trust: Trust, http: Client) -> Self {
        Self { trust, http, kept: Mutex::default(), fetches: Semaphore::new(FETCHES_AT_ONCE) }
    }

    /// Whether `signature` over `message` was made by PayPal, with the certificate published at `url`: an RSA
    /// signature with SHA-256.
    pub async fn check(&self, url: &str, message: &[u8], signature: &[u8], now: Timestamp) -> Result<(), WebhookError> {
        let url: Url = url.parse().map_err(|_| WebhookError::UntrustedCertificate)?;
        if !self.trust.allows(&url) {
            return Err(WebhookError::UntrustedCertificate);
        }
        let chain = self.chain(&url).await?;
        let roots = match &self.trust.roots {
            Roots::Public => None,
            Roots::FetchedFrom(root) => Some(self.chain(root).await?),
        };
        check_chain(&chain, roots.as_deref(), self.trust.names, now)?
            .verify_signature(algorithms::RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| WebhookError::WrongSignature)
    }

    async fn chain(&self, url: &Url) -> Result<Chain, WebhookError> {
        if let Some(chain) = self.known(url.as_str()) {
            return Ok(chain);
        }
        let turn = tokio::time::timeout(LONGEST_WAIT, self.fetches.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(WebhookError::CertificateUnavailable) };
        // Whoever had the turn before may have fetched it.
        if let Some(chain) = self.known(url.as_str()) {
            return Ok(chain);
        }
        let chain = Arc::new(self.fetch(url).await?);
        self.keep(url.as_str(), &chain);
        Ok(chain)
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<CertificateDer<'static>>, WebhookError> {
        let answer = http::send(self.http.get(url.clone())).await.map_err(|error| {
            tracing::warn!(%url, %error, "PayPal's certificate could not be fetched");
            WebhookError::CertificateUnavailable
        })?;
        match answer.status.as_u16() {
            200 => read_chain(&answer.body),
            // PayPal has no such certificate: whoever named it is not PayPal.
            404 | 410 => Err(WebhookError::UntrustedCertificate),
            _ => Err(WebhookError::CertificateUnavailable),
        }
    }

    fn known(&self, url: &str) -> Option<Chain> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn keep(&self, url: &str, chain: &Chain) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(url.to_owned(), chain.clone());
    }

    /// As if fetched, for tests without a network.
    #[cfg(test)]
    pub fn publish(&self, url: &str, pem: &str) {
        self.keep(url, &Arc::new(read_chain(pem.as_bytes()).unwrap()));
    }
}

fn read_chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, WebhookError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|_| WebhookError::UntrustedCertificate)?;
    if chain.is_empty() { Err(WebhookError::UntrustedCertificate) } else { Ok(chain) }
}

/// The first certificate, if it is one of the named signers' and was issued by a root that we trust.
fn check_chain<'c>(
    chain: &'c [CertificateDer<'static>],
    roots: Option<&'c Vec<CertificateDer<'static>>>,
    names: &[&str],
    now: Timestamp,
) -> Result<EndEntityCert<'c>, WebhookError> {
    let untrusted = |_| WebhookError::UntrustedCertificate;
    let (first, issuers) = chain.split_first().ok_or(WebhookError::UntrustedCertificate)?;
    let signer = EndEntityCert::try_from(first).map_err(untrusted)?;
    let own: Vec<TrustAnchor<'_>> = match roots {
        Some(roots) => roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect(),
        None => webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    signer
        .verify_for_usage(CHAIN_ALGORITHMS, &own, issuers, time, KeyUsage::server_auth(), None, None)
        .map_err(untrusted)?;
    let is_named = names.iter().any(|name| {
        ServerName::try_from(*name).is_ok_and(|name| signer.verify_is_valid_for_subject_name(&name).is_ok())
    });
    if is_named { Ok(signer) } else { Err(WebhookError::UntrustedCertificate) }
}
