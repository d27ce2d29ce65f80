//! `/api/auth/mfa` for who is signed in, and `/api/auth/login/mfa` for who may not sign in without a second factor.

pub mod enrolment_at_login;
pub mod factor;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use super::enrolment::Offer;

/// What a device needs to make codes. Shown once.
#[derive(Serialize, ToSchema)]
#[schema(as = TotpOffer)]
pub struct TotpOfferResponse {
    /// In base32, to be typed into an authenticator app.
    secret: String,
    /// The same as a QR code shows it.
    #[schema(example = "otpauth://totp/Roomtone:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Roomtone")]
    otpauth_url: String,
    /// Until when a first code may confirm it.
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

impl From<Offer> for TotpOfferResponse {
    fn from(offer: Offer) -> Self {
        Self {
            secret: offer.secret.expose_secret().to_owned(),
            otpauth_url: offer.url.expose_secret().to_owned(),
            expires_at: offer.expires_at,
        }
    }
}

/// Ten codes, each of which stands in for the device once. Shown once.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct RecoveryCodesResponse {
    #[schema(example = json!(["7kq2m-x04ds"]))]
    recovery_codes: Vec<String>,
}

impl From<Vec<SecretString>> for RecoveryCodesResponse {
    fn from(codes: Vec<SecretString>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect() }
    }
}
