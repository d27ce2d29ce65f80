//! What protects the second factor in the database.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use kernel::UserId;

use crate::{
    keys::{KeyError, Sealer},
    secrets::ServerKey,
};

/// Keys derived from the server's one secret, each for its own use.
pub struct MfaKeys {
    sealer: Sealer,
    recovery: hmac::Key,
}

impl MfaKeys {
    pub fn new(server_key: &ServerKey) -> Result<Self, KeyError> {
        Ok(Self {
            sealer: Sealer::for_use(server_key, "second factors at rest")?,
            recovery: hmac::Key::new(HMAC_SHA256, server_key.derive("recovery codes").as_ref()),
        })
    }

    /// Bound to its owner: moved to another account's row it does not open.
    pub fn seal(&self, user_id: UserId, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sealer.seal(&user_id.to_string(), secret)
    }

    pub fn open(&self, user_id: UserId, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sealer.open(&user_id.to_string(), sealed)
    }

    /// Keyed, because fifty bits could be guessed by whoever has the plain hash and time.
    pub fn hash_recovery_code(&self, user_id: UserId, canonical: &str) -> Vec<u8> {
        let mut mac = hmac::Context::with_key(&self.recovery);
        mac.update(user_id.uuid().as_bytes());
        mac.update(canonical.as_bytes());
        mac.sign().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_for_one_account_is_of_no_use_to_another() {
        let keys = MfaKeys::new(&ServerKey::new(&"a secret of the server".into())).unwrap();
        let (ada, eve) = (UserId::new(), UserId::new());
        let sealed = keys.seal(ada, b"secret").unwrap();
        assert_eq!(keys.open(ada, &sealed).unwrap(), b"secret");
        assert!(keys.open(eve, &sealed).is_err());
        assert_eq!(keys.hash_recovery_code(ada, "abcde01189"), keys.hash_recovery_code(ada, "abcde01189"));
        assert_ne!(keys.hash_recovery_code(ada, "abcde01189"), keys.hash_recovery_code(eve, "abcde01189"));
    }
}
