//! Sending somebody to the provider, and knowing them again when they come back.

use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, UserId};
use providers::{SealedToken, SquareOauth, TokenVault};
use secrecy::SecretString;
use service_kit::CompanyOwner;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use url::Url;

use super::{
    ConnectionError,
    model::owner,
    store::{self, AuthorizationRow},
};
use crate::App;

/// How long a person may take at the provider.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Where to send the person, and until when they may come back.
#[derive(Debug)]
pub struct Begun {
    pub url: Url,
    pub expires_at: Timestamp,
}

/// What a connection is made with.
pub struct Means {
    pub oauth: Arc<SquareOauth>,
    pub vault: Arc<TokenVault>,
    pub callback: Url,
}

impl Means {
    pub fn of(app: &App) -> Result<Self, ConnectionError> {
        let oauth = app.providers().square_oauth().ok_or(ConnectionError::NotOffered)?;
        let vault = app.config.vault.clone().ok_or(ConnectionError::NotOffered)?;
        let callback = format!("{}/api/payments/square/callback", app.config.public_url).parse();
        Ok(Self { oauth, vault, callback: callback.map_err(|_| ConnectionError::NotOffered)? })
    }
}

/// Begins a connection for an owner of the company.
pub async fn begin_connection(app: &App, by: &CompanyOwner, now: Timestamp) -> Result<Begun, ConnectionError> {
    let means = Means::of(app)?;
    let begun = means.oauth.authorize(&means.callback)?;
    let expires_at = now + LIFETIME;
    let row = AuthorizationRow {
        state_hash: hash(&begun.state),
        company_id: by.company_id(),
        user_id: by.caller().user_id(),
        verifier: means.vault.seal(&owner(by.company_id()), &begun.verifier)?.as_str().to_owned(),
        expires_at: expires_at.to_diesel(),
    };
    app.db.transaction(async |conn| store::insert_authorization(conn, &row, now).await).await?;
    Ok(Begun { url: begun.url, expires_at })
}

/// Somebody who has come back.
pub struct Returned {
    pub company_id: CompanyId,
    pub user_id: UserId,
    pub verifier: SecretString,
}

/// Recognises a person by what they bring, once.
pub async fn recognise(app: &App, means: &Means, state: &str, now: Timestamp) -> Result<Returned, ConnectionError> {
    let row = app
        .db
        .transaction(async |conn| store::take_authorization(conn, &hash(state), now).await)
        .await?
        .ok_or(ConnectionError::UnknownState)?;
    let verifier = means.vault.open(&owner(row.company_id), &SealedToken::from_stored(row.verifier))?;
    Ok(Returned { company_id: row.company_id, user_id: row.user_id, verifier })
}

fn hash(state: &str) -> Vec<u8> {
    Sha256::digest(state).to_vec()
}
