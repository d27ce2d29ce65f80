//! What a signing key is, apart from where it is kept.

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyAlgorithm, OctetKeyPairParameters, OctetKeyPairType,
    PublicKeyUse,
};
use serde::Deserialize;

/// How long a retired key still verifies: longer than any token lives, and than a process may take to notice that
/// another one has rotated.
pub const RETIRING_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Why tokens cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the signing key cannot be opened with this encryption key")]
    Sealed,
    #[error("a signing key could not be made or used")]
    Unusable,
    #[error("there is no signing key of this name")]
    Unknown,
    #[error(transparent)]
    Store(#[from] ::store::Error),
}

impl From<KeyError> for problem::Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => error.into(),
            KeyError::Sealed | KeyError::Unusable | KeyError::Unknown => Self::internal(error),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, and the next to sign.
    Next,
    /// Signs.
    Active,
    /// Signs no more; published until its last token is over.
    Retiring,
}

impl KeyState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }
}

/// What everybody may know of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub kid: String,
    /// The 32 bytes of an Ed25519 public key.
    pub bytes: Vec<u8>,
}

impl PublicKey {
    /// Named by its RFC 7638 thumbprint.
    fn new(bytes: &[u8]) -> Self {
        let x = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let thumbprint = digest::digest(&digest::SHA256, canonical.as_bytes());
        Self { kid: BASE64_URL_SAFE_NO_PAD.encode(thumbprint), bytes: bytes.to_vec() }
    }

    pub fn x(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.bytes)
    }

    pub fn jwk(&self) -> Jwk {
        Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::EdDSA),
                key_id: Some(self.kid.clone()),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: self.x(),
            }),
        }
    }
}

/// A key pair that has just been made.
pub struct FreshKey {
    pub public: PublicKey,
    /// PKCS #8.
    pub private: Vec<u8>,
}

impl FreshKey {
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Unusable)?;
        let private = pair.to_pkcs8v1().map_err(|_| KeyError::Unusable)?;
        Ok(Self { public: PublicKey::new(pair.public_key().as_ref()), private: private.as_ref().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A.3.
    #[test]
    fn the_kid_is_the_thumbprint_of_the_rfc() {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(PublicKey::new(&bytes).kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
