//! Money from the platform to an account, and back.

use ::store::Conn;
use jiff::Timestamp;
use serde_json::Value;

use super::{ConnectError, TransferRow, store};
use crate::{payments::provider_id, stripe::movements::platform_balance};

/// What the API takes to transfer, checked.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    pub account_id: String,
    pub amount: i64,
    pub currency: String,
    pub transfer_group: Option<String>,
    pub metadata: Value,
}

pub async fn create_transfer_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    new: NewTransfer,
) -> Result<TransferRow, ConnectError> {
    let missing = || ConnectError::not_found("destination", &new.account_id);
    let account = store::lock_account(conn, &new.account_id).await?.ok_or_else(missing)?;
    if !account.is_enabled() {
        return Err(ConnectError::CannotReceive);
    }
    if account.currency != new.currency {
        return Err(ConnectError::OtherCurrency { bank: account.currency, asked: new.currency });
    }
    if platform_balance(conn, &new.currency).await? < new.amount {
        return Err(ConnectError::BalanceTooSmall);
    }
    let transfer = TransferRow {
        id: provider_id("tr"),
        account_id: new.account_id,
        amount: new.amount,
        currency: new.currency,
        transfer_group: new.transfer_group,
        metadata: new.metadata,
        reversal_id: None,
        reversed_at: None,
        created_at: now,
    };
    store::insert_transfer(conn, transfer.clone()).await?;
    Ok(transfer)
}

/// Takes a whole transfer back, where it still lies on the account.
pub async fn reverse_transfer_in_tx(conn: &mut Conn, now: Timestamp, id: &str) -> Result<TransferRow, ConnectError> {
    let missing = || ConnectError::not_found("transfer", id);
    let account_id = store::find_transfer(conn, id).await?.ok_or_else(missing)?.account_id;
    store::lock_account(conn, &account_id).await?;
    let transfer = store::find_transfer(conn, id).await?.ok_or_else(missing)?;
    if transfer.reversal_id.is_some() {
        return Err(ConnectError::AlreadyReversed(id.to_owned()));
    }
    if store::account_balance(conn, &account_id).await? < transfer.amount {
        return Err(ConnectError::BalanceTooSmall);
    }
    let reversal_id = provider_id("trr");
    store::save_reversal(conn, id, &reversal_id, now).await?;
    Ok(TransferRow { reversal_id: Some(reversal_id), reversed_at: Some(now), ..transfer })
}
