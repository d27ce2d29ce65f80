//! Builds the real application; the binary, `roomtone` and the tests all use it.

use anyhow::Context as _;
use events::Effects;
use kernel::SharedClock;
use limits::Limits;
use secrecy::SecretString;
use service_kit::{Context, Peers};
use storage::{Storage, images::ImagePipeline};
use store::Db;
use webauthn_rs::Webauthn;

use crate::{
    config::Settings,
    keys::{KeyError, Keyring, Sealer},
    mfa::MfaKeys,
    passkeys::relying_party,
    passwords::PasswordHasher,
    secrets::{EmailKey, RefreshKey, ServerKey},
};

/// What handlers and jobs share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub peers: Peers,
    /// Notified when a command has left work for a job.
    pub jobs: Effects,
    pub keyring: Keyring,
    pub passwords: PasswordHasher,
    pub settings: Settings,
    pub limits: Limits,
    pub storage: Storage,
    pub images: ImagePipeline,
    /// Makes the successors of refresh tokens.
    pub refresh_key: RefreshKey,
    /// Names addresses in the table of failed logins.
    pub email_key: EmailKey,
    /// Asks for passkeys, and checks the answers.
    pub webauthn: Webauthn,
    /// Protects second factors in the database.
    pub mfa: MfaKeys,
    /// What the secrets of the services are derived from.
    pub service_master_key: SecretString,
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    let settings = Settings::from_source(&context.source)?;
    let server_key = ServerKey::from_source(&context.source)?;
    let db = context.database()?;
    let keyring = Keyring::new(db.clone(), Sealer::new(&server_key)?);
    load_keys(&keyring, context).await?;
    Ok(App {
        db,
        clock: context.clock.clone(),
        peers: context.peers.clone(),
        jobs: context.jobs.clone(),
        keyring,
        passwords: PasswordHasher::new(settings.hash_workers, settings.hash_queue)?,
        storage: Storage::from_source(&context.source)?,
        images: ImagePipeline::new(settings.image_workers),
        refresh_key: server_key.refresh_key(),
        email_key: server_key.email_key(),
        mfa: MfaKeys::new(&server_key)?,
        webauthn: relying_party(&context.source)?,
        service_master_key: context.source.secret("service_master_key")?,
        limits: Limits::from_source(&context.source)?,
        settings,
    })
}

/// A database that is away at start-up is for readiness to report; a key that cannot be opened is a wrong setting.
async fn load_keys(keyring: &Keyring, context: &Context) -> anyhow::Result<()> {
    match keyring.load(context.clock.now()).await {
        Ok(()) => {}
        Err(KeyError::Store(error)) => {
            tracing::warn!(%error, "the signing keys are not loaded yet");
            return Ok(());
        }
        Err(error) => return Err(error).context("ROOMTONE_AUTH_KEY_ENCRYPTION_KEY does not open the signing keys"),
    }
    // Auth verifies its own tokens too, and has the keys at hand.
    context.tokens.trust(&keyring.jwks().await?);
    Ok(())
}

/// Without a signing key nobody can sign in.
pub async fn ready(app: &App) -> anyhow::Result<()> {
    app.keyring.signer(app.clock.now()).await?;
    Ok(())
}
