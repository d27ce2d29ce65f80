//! What PayPal signs its webhooks with: a root, a certificate for the signer that PayPal names, and its key. Made when
//! they are needed for the first time, and kept.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use anyhow::Context as _;
use base64::{Engine, prelude::BASE64_STANDARD};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use problem::Problem;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, SigningKey,
};

use super::{WEBHOOK_ID, objects::instant};
use crate::{payments::square_id, schema::paypal_signer, state::Sandbox};

const NAME: &str = "messageverificationcerts.sandbox.paypal.com";
const CERTIFICATE: &str = "CERT-sandbox-1";

pub struct PaypalSigner {
    root_pem: String,
    chain_pem: String,
    key: KeyPair,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = paypal_signer)]
struct SignerRow {
    root_pem: String,
    chain_pem: String,
    key_pem: String,
}

impl SignerRow {
    fn generate() -> Result<Self, rcgen::Error> {
        let authority = |name: &str| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let root = CertifiedIssuer::self_signed(authority("Roomtone sandbox root"), KeyPair::generate()?)?;
        let middle = CertifiedIssuer::signed_by(authority("Roomtone sandbox"), KeyPair::generate()?, &root)?;
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let mut signer = CertificateParams::new(vec![NAME.to_owned()])?;
        signer.distinguished_name.push(DnType::CommonName, NAME);
        signer.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        signer.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let signer = signer.signed_by(&key, &middle)?;
        let chain_pem = format!("{}{}{}", signer.pem(), middle.pem(), root.pem());
        Ok(Self { root_pem: root.pem(), chain_pem, key_pem: key.serialize_pem() })
    }
}

impl PaypalSigner {
    async fn of(app: &Sandbox) -> anyhow::Result<&Self> {
        app.paypal_signer.get_or_try_init(|| load(app)).await
    }
}

/// The first process that needs it decides; the others take what it made.
async fn load(app: &Sandbox) -> anyhow::Result<PaypalSigner> {
    let mut conn = app.db.conn().await?;
    let known: Option<SignerRow> =
        paypal_signer::table.select(SignerRow::as_select()).first(&mut conn).await.optional()?;
    let row = match known {
        Some(row) => row,
        None => {
            let made = SignerRow::generate()?;
            diesel::insert_into(paypal_signer::table).values(made).on_conflict_do_nothing().execute(&mut conn).await?;
            paypal_signer::table.select(SignerRow::as_select()).first(&mut conn).await?
        }
    };
    let key = KeyPair::from_pem_and_sign_algo(&row.key_pem, &PKCS_RSA_SHA256).context("the signer's key")?;
    Ok(PaypalSigner { root_pem: row.root_pem, chain_pem: row.chain_pem, key })
}

/// The headers of a delivery that is sent now (<https://developer.paypal.com/api/rest/webhooks/rest/>).
pub async fn transmission(app: &Sandbox, body: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let signer = PaypalSigner::of(app).await?;
    let (id, time) = (square_id(), instant(app.clock.now()));
    let message = format!("{id}|{time}|{WEBHOOK_ID}|{}", crc32fast::hash(body.as_bytes()));
    let signature = BASE64_STANDARD.encode(signer.key.sign(message.as_bytes())?);
    Ok(vec![
        ("paypal-transmission-id", id),
        ("paypal-transmission-time", time),
        ("paypal-transmission-sig", signature),
        ("paypal-cert-url", format!("{}/paypal/v1/notifications/certs/{CERTIFICATE}", app.own_url())),
        ("paypal-auth-algo", "SHA256withRSA".to_owned()),
    ])
}

/// Where the certificate is published, and the root that vouches for it.
pub async fn certificate(app: Data<Sandbox>, name: Path<String>) -> Result<HttpResponse, Problem> {
    let signer = PaypalSigner::of(&app).await.map_err(Problem::internal)?;
    let pem = match name.as_str() {
        CERTIFICATE => signer.chain_pem.clone(),
        "root" => signer.root_pem.clone(),
        _ => return Err(Problem::not_found()),
    };
    Ok(HttpResponse::Ok().content_type("application/x-pem-file").body(pem))
}
