//! Making people known to a provider, telling it the address they have, and having it forget them.

use std::sync::Arc;

use kernel::UserId;
use providers::{MethodProvider, PaymentProvider, ProviderError, ProviderName, repeat_on_conflict};
use uuid::Uuid;

use super::{
    MethodError,
    store::customers::{Customer, delete_customer, find_by_id, record_customer_in_tx, record_told, save_provider_id},
};
use crate::{App, stored};

/// The id of the person at the provider, who is made known there where they are not. Their address is told by a job.
pub async fn ensure_customer(
    app: &App,
    name: ProviderName,
    user_id: UserId,
    email: Option<&str>,
) -> Result<String, MethodError> {
    let provider = app.provider(name)?;
    let now = app.clock.now();
    let customer =
        app.db.transaction(async |conn| record_customer_in_tx(conn, (name, user_id), email, now).await).await?;
    if customer.has_gone() {
        return Err(MethodError::NotFound);
    }
    if let Some(known) = customer.provider_customer_id {
        return Ok(known);
    }
    let made = make_known(methods_of(&provider)?, user_id).await?;
    let is_there = save_provider_id(&mut *app.db.conn().await?, customer.id, &made).await?;
    app.jobs.notify();
    if is_there { Ok(made) } else { Err(MethodError::NotFound) }
}

/// Somebody's first two pages may be opened at once.
async fn make_known(methods: &dyn MethodProvider, user_id: UserId) -> Result<String, ProviderError> {
    repeat_on_conflict(|| methods.create_customer(user_id)).await
}

/// Tells the provider the address that somebody has now. One who is known there no more has no address to keep.
pub async fn tell_email(app: &App, id: Uuid) -> Result<(), MethodError> {
    let Some(customer) = find(app, id).await? else { return Ok(()) };
    let (Some(known), Some(email)) = (&customer.provider_customer_id, &customer.email_to_tell) else { return Ok(()) };
    match methods_of(&provider_of(app, &customer)?)?.update_customer(known, email).await {
        Ok(()) => {}
        // To ask again would not help. The provider's words may repeat the address.
        Err(ProviderError::NotFound(_) | ProviderError::InvalidRequest(_)) => {
            tracing::error!(customer = %id, "the provider does not take the address of a customer");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(record_told(&mut *app.db.conn().await?, id, email).await?)
}

/// Has the provider forget somebody, with all methods, and forgets them here.
pub async fn forget_customer(app: &App, id: Uuid) -> Result<(), MethodError> {
    let Some(customer) = find(app, id).await? else { return Ok(()) };
    forget_at(methods_of(&provider_of(app, &customer)?)?, &customer).await?;
    Ok(delete_customer(&mut *app.db.conn().await?, id).await?)
}

/// Whether somebody was ever made known there may not be known: making them again tells their id.
async fn forget_at(methods: &dyn MethodProvider, customer: &Customer) -> Result<(), ProviderError> {
    let id = match &customer.provider_customer_id {
        Some(id) => id.clone(),
        None => make_known(methods, customer.user_id).await?,
    };
    methods.delete_customer(&id).await
}

async fn find(app: &App, id: Uuid) -> Result<Option<Customer>, store::Error> {
    find_by_id(&mut *app.db.conn().await?, id).await
}

fn provider_of(app: &App, customer: &Customer) -> Result<Arc<dyn PaymentProvider>, MethodError> {
    Ok(app.provider(stored::parse("provider_customers.provider", &customer.provider)?)?)
}

fn methods_of(provider: &Arc<dyn PaymentProvider>) -> Result<&dyn MethodProvider, MethodError> {
    provider.methods().ok_or(MethodError::NotOffered)
}
