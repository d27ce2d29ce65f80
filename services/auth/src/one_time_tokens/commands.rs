//! Minting the secret of a token.

use kernel::OneTimeTokenId;
use secrecy::{ExposeSecret, SecretString};

use super::{OneTimeTokenError, store};
use crate::{
    App,
    secrets::{self, SecretKind},
};

/// A fresh secret for the token; the one minted before stops working.
pub async fn mint(app: &App, id: OneTimeTokenId) -> Result<SecretString, OneTimeTokenError> {
    let secret = SecretKind::OneTimeToken.generate();
    let mut conn = app.db.conn().await?;
    let hash = secrets::hash(secret.expose_secret());
    if store::set_secret(&mut conn, id, &hash, app.clock.now()).await? {
        Ok(secret)
    } else {
        Err(OneTimeTokenError::Unknown)
    }
}
