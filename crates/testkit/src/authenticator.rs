//! A phone with passkeys, in software: makes ES256 credentials and answers challenges as browsers pass them (WebAuthn
//! level 2, sections 6.1 and 6.5).

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Where development's pages are, unless the gateway listens elsewhere.
pub const ORIGIN: &str = "http://localhost:8080";

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED_CREDENTIAL: u8 = 0x40;

/// One credential and who it is for.
pub struct Authenticator {
    key: EcdsaKeyPair,
    credential_id: Vec<u8>,
    user_handle: Vec<u8>,
    /// How often it has signed; a copy of the key falls behind.
    pub counter: u32,
    /// Whether the device asks its owner for a finger or a PIN.
    pub verifies_user: bool,
    /// The page that asks, as the browser sees it.
    pub origin: String,
}

impl Authenticator {
    /// For the user a registration's options name.
    pub fn new(options: &Value) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key pair"),
            credential_id: kernel::new_uuid().into_bytes().to_vec(),
            user_handle: decode(&options["publicKey"]["user"]["id"]),
            counter: 0,
            verifies_user: true,
            origin: ORIGIN.to_owned(),
        }
    }

    /// What `navigator.credentials.create` answers.
    pub fn create(&self, options: &Value) -> Value {
        let public_key = &options["publicKey"];
        let client_data = self.client_data("webauthn.create", public_key);
        let mut data = self.authenticator_data(text(&public_key["rp"]["id"]), ATTESTED_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).expect("16 bytes").to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.cose_key());
        let attestation =
            json!({"attestationObject": encode(&attestation_object(&data)), "clientDataJSON": client_data});
        self.credential(attestation)
    }

    /// What `navigator.credentials.get` answers.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let public_key = &options["publicKey"];
        let client_data = self.client_data("webauthn.get", public_key);
        let data = self.authenticator_data(text(&public_key["rpId"]), 0);
        let signed = [data.as_slice(), &sha256(&decode(&client_data.clone().into()))].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.credential(json!({
            "authenticatorData": encode(&data), "clientDataJSON": client_data,
            "signature": encode(signature.as_ref()), "userHandle": encode(&self.user_handle),
        }))
    }

    fn credential(&self, response: Value) -> Value {
        let id = encode(&self.credential_id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
    }

    fn client_data(&self, ceremony: &str, public_key: &Value) -> String {
        let data = json!({
            "type": ceremony, "challenge": public_key["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        encode(data.to_string().as_bytes())
    }

    fn authenticator_data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies_user { USER_VERIFIED } else { 0 };
        let mut data = sha256(rp_id.as_bytes());
        data.push(USER_PRESENT | verified | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// An EC2 key in CBOR (RFC 9053 section 7.1): kty 2, alg -7, crv 1, x, y.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat()
    }
}

/// `{"fmt": "none", "attStmt": {}, "authData": …}` in CBOR.
fn attestation_object(auth_data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(auth_data.len()).expect("fits one byte");
    [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(), &[length], auth_data].concat()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text(value)).expect("base64url")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}
