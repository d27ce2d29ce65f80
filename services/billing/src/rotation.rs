//! Rotation of the keys that seal providers' tokens.

use providers::TokenVault;
use store::Db;

use crate::{connections::rewrap_connections, payment_methods::rewrap::rewrap_methods};

/// Gives every stored token an envelope of the vault's current key, and answers how many had another.
pub async fn rewrap_tokens(db: &Db, vault: &TokenVault) -> anyhow::Result<usize> {
    Ok(rewrap_connections(db, vault).await? + rewrap_methods(db, vault).await?)
}
