//! Rotation of the keys that seal tokens: every token gets an envelope of the current key.

use providers::{SealedToken, TokenVault};
use store::{Conn, Db};

use super::{ConnectionError, model::owner, store as connections};

const BATCH: i64 = 100;

/// Gives every stored token an envelope of the vault's current key, and answers how many had another. Each company is a
/// transaction of its own: cut off in the middle, it goes on where it is run again.
pub async fn rewrap_connections(db: &Db, vault: &TokenVault) -> anyhow::Result<usize> {
    let mut changed = 0;
    let mut after = None;
    loop {
        let companies = {
            let mut conn = db.conn().await?;
            connections::companies_after(&mut conn, after, BATCH).await?
        };
        let Some(last) = companies.last().copied() else { return Ok(changed) };
        for company_id in companies {
            changed += db.transaction(async |conn| rewrap_in_tx(conn, vault, company_id).await).await?;
        }
        after = Some(last);
    }
}

async fn rewrap_in_tx(
    conn: &mut Conn,
    vault: &TokenVault,
    company_id: kernel::CompanyId,
) -> Result<usize, ConnectionError> {
    let Some(mut connection) = connections::lock(conn, company_id).await? else { return Ok(0) };
    let owner = owner(company_id);
    let mut changed = 0;
    let mut rewrap = |token: &mut SealedToken| -> Result<(), ConnectionError> {
        if let Some(rewrapped) = vault.rewrap(&owner, token)? {
            *token = rewrapped;
            changed += 1;
        }
        Ok(())
    };
    rewrap(&mut connection.access_token)?;
    rewrap(&mut connection.refresh_token)?;
    if changed > 0 {
        connections::save(conn, &connection).await?;
    }
    Ok(changed)
}
