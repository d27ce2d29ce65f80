//! Making, showing and ending a connection.

use std::sync::Arc;

use ::store::Conn;
use jiff::Timestamp;
use kernel::CompanyId;
use providers::{PaymentProvider, ProviderError, SquareToken};
use service_kit::CompanyOwner;

use super::{
    ConnectionError,
    authorize::{Means, recognise},
    model::{Connection, ConnectionState, owner, refresh_at},
    store,
};
use crate::App;

/// What the provider sent the person back with.
#[derive(Debug)]
pub enum Brought {
    Code(String),
    /// The person, or the provider, did not agree.
    Refusal(String),
}

/// Ends what [`super::authorize::begin_connection`] began. The code is good once: killed between its exchange and the
/// record, the company begins again.
pub async fn finish_connection(
    app: &App,
    state: &str,
    brought: Brought,
    now: Timestamp,
) -> Result<Connection, ConnectionError> {
    let means = Means::of(app)?;
    let returned = recognise(app, &means, state, now).await?;
    let code = match brought {
        Brought::Code(code) => code,
        Brought::Refusal(why) => return Err(ConnectionError::Refused(why)),
    };
    let token = means.oauth.exchange(&code, &returned.verifier, &means.callback).await?;
    let mut connection = Connection {
        company_id: returned.company_id,
        merchant_id: String::new(),
        state: ConnectionState::Connected,
        access_token: means.vault.seal(&owner(returned.company_id), &token.access_token)?,
        refresh_token: means.vault.seal(&owner(returned.company_id), &token.refresh_token)?,
        expires_at: token.expires_at,
        refresh_at: None,
        connected_by: returned.user_id,
        connected_at: now,
        updated_at: now,
    };
    take_token(&mut connection, &means, &token, now)?;
    app.db.transaction(async |conn| store::save(conn, &connection).await).await?;
    tracing::info!(company_id = %connection.company_id, merchant_id = connection.merchant_id, "account connected");
    Ok(connection)
}

/// Puts a new pair of tokens into a connection.
pub fn take_token(
    connection: &mut Connection,
    means: &Means,
    token: &SquareToken,
    now: Timestamp,
) -> Result<(), ConnectionError> {
    let owner = owner(connection.company_id);
    connection.merchant_id = token.merchant_id.clone();
    connection.state = ConnectionState::Connected;
    connection.access_token = means.vault.seal(&owner, &token.access_token)?;
    connection.refresh_token = means.vault.seal(&owner, &token.refresh_token)?;
    connection.expires_at = token.expires_at;
    connection.refresh_at = Some(refresh_at(now, token.expires_at));
    connection.updated_at = now;
    Ok(())
}

pub async fn find_connection(app: &App, company_id: CompanyId) -> Result<Connection, ConnectionError> {
    let mut conn = app.db.conn().await?;
    store::find(&mut conn, company_id).await?.ok_or(ConnectionError::NotFound)
}

/// The company's merchant, while the provider takes our token.
pub async fn live_merchant(conn: &mut Conn, company_id: CompanyId) -> Result<Option<String>, ::store::Error> {
    let found = store::find(conn, company_id).await?;
    let live = found.filter(|connection| connection.state == ConnectionState::Connected);
    Ok(live.map(|connection| connection.merchant_id))
}

/// The provider, acting for a company's own account. A company that has ended its connection, or has connected another account
/// since, has to connect again: until then nobody can act for it, which is what a refused token means as well.
pub async fn act_for(
    app: &App,
    provider: &dyn PaymentProvider,
    company_id: CompanyId,
    merchant_id: &str,
) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
    let found = find_connection(app, company_id).await;
    let found = found.map_err(|error| match error {
        ConnectionError::NotFound => ProviderError::Unauthorized,
        error => ProviderError::Unreachable(error.to_string()),
    })?;
    if found.merchant_id != merchant_id || found.state != ConnectionState::Connected {
        return Err(ProviderError::Unauthorized);
    }
    let off = || ProviderError::NotConfigured(provider.name());
    let vault = app.config.vault.as_ref().ok_or_else(off)?;
    let token = vault.open(&owner(company_id), &found.access_token).map_err(|error| {
        tracing::error!(%company_id, %error, "the company's token cannot be read");
        ProviderError::Unauthorized
    })?;
    provider.acting_for(token).ok_or_else(off)
}

/// Forgets a connection and its tokens.
pub async fn end_connection(app: &App, by: &CompanyOwner) -> Result<(), ConnectionError> {
    let company_id = by.company_id();
    let was_there = app.db.transaction(async |conn| store::delete(conn, company_id).await).await?;
    if was_there { Ok(()) } else { Err(ConnectionError::NotFound) }
}
