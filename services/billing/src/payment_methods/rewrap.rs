//! Rotation of the keys that seal tokens: every method's token gets an envelope of the current key.

use kernel::UserId;
use providers::TokenVault;
use store::{Conn, Db};

use super::{MethodError, model::owner, store as methods};

const BATCH: i64 = 100;

/// Answers how many had an envelope of another key. Each person is a transaction of their own: cut off in the middle, it
/// goes on where it is run again.
pub async fn rewrap_methods(db: &Db, vault: &TokenVault) -> anyhow::Result<usize> {
    let mut changed = 0;
    let mut after = None;
    loop {
        let owners = {
            let mut conn = db.conn().await?;
            methods::owners_after(&mut conn, after, BATCH).await?
        };
        let Some(last) = owners.last().copied() else { return Ok(changed) };
        for user_id in owners {
            changed += db.transaction(async |conn| rewrap_in_tx(conn, vault, user_id).await).await?;
        }
        after = Some(last);
    }
}

async fn rewrap_in_tx(conn: &mut Conn, vault: &TokenVault, user_id: UserId) -> Result<usize, MethodError> {
    let owner = owner(user_id);
    let mut changed = 0;
    for mut method in methods::lock_sealed(conn, user_id).await? {
        let Some(token) = &method.token else { continue };
        if let Some(rewrapped) = vault.rewrap(&owner, token)? {
            method.token = Some(rewrapped);
            methods::update_method(conn, &method).await?;
            changed += 1;
        }
    }
    Ok(changed)
}
