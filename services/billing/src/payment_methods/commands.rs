//! What people do with their methods, and what providers tell of them.

use jiff::Timestamp;
use kernel::{PaymentMethodId, UserId};
use providers::{DefaultChosen, MethodChanged, ProviderName};
use store::Conn;

use super::{
    MethodError, PaymentMethod, events,
    model::owner,
    store::{
        self as methods,
        customers::{find_known, lock_person, record_default_chosen},
    },
};
use crate::App;

pub async fn find_own(app: &App, user_id: UserId, id: PaymentMethodId) -> Result<PaymentMethod, MethodError> {
    let mut conn = app.db.conn().await?;
    methods::find_own(&mut conn, user_id, id).await?.ok_or(MethodError::NotFound)
}

/// Makes a method the one that is charged where none is named.
pub async fn set_default(app: &App, user_id: UserId, id: PaymentMethodId) -> Result<PaymentMethod, MethodError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            // One that is saved in this moment may become the default too.
            lock_person(conn, user_id).await?;
            let own = methods::lock_own(conn, user_id).await?;
            let place = own.iter().position(|method| method.id == id).ok_or(MethodError::NotFound)?;
            let chosen = choose_in_tx(conn, own, place, now).await?;
            record_default_chosen(conn, (chosen.provider, user_id), now).await?;
            Ok::<_, MethodError>(chosen)
        })
        .await
}

/// Makes one of a person's methods, all of them locked, their default.
async fn choose_in_tx(
    conn: &mut Conn,
    mut own: Vec<PaymentMethod>,
    place: usize,
    now: Timestamp,
) -> Result<PaymentMethod, store::Error> {
    let mut chosen = own.swap_remove(place);
    // One after the other: two defaults are never there.
    for other in own.iter_mut().filter(|other| other.is_default) {
        other.is_default = false;
        save_changed(conn, other, now).await?;
    }
    if !chosen.is_default {
        chosen.is_default = true;
        save_changed(conn, &mut chosen, now).await?;
    }
    Ok(chosen)
}

/// A person has chosen their default at the provider. What they have chosen later, here or there, stands; a method that is not
/// theirs, or not known here, is nobody's business.
pub async fn record_default_in_tx(
    conn: &mut Conn,
    provider: ProviderName,
    told: &DefaultChosen,
    now: Timestamp,
) -> Result<(), MethodError> {
    let Some(user_id) = find_known(conn, provider, &told.provider_customer_id).await? else { return Ok(()) };
    if !lock_person(conn, user_id).await? {
        return Ok(());
    }
    if !record_default_chosen(conn, (provider, user_id), told.occurred_at).await? {
        return Ok(());
    }
    let own = methods::lock_own(conn, user_id).await?;
    let is_told = |method: &PaymentMethod| method.provider == provider && method.token_hash == told.token_hash;
    if let Some(place) = own.iter().position(is_told) {
        choose_in_tx(conn, own, place, now).await?;
    }
    Ok(())
}

/// Says whether companies may charge a method without its owner, for what they owe.
pub async fn set_consent(
    app: &App,
    user_id: UserId,
    id: PaymentMethodId,
    consents: bool,
) -> Result<PaymentMethod, MethodError> {
    let now = app.clock.now();
    change_own(app, user_id, id, now, |method| method.set_consent(consents, now)).await
}

async fn change_own(
    app: &App,
    user_id: UserId,
    id: PaymentMethodId,
    now: Timestamp,
    change: impl Fn(&mut PaymentMethod) + Send + Sync,
) -> Result<PaymentMethod, MethodError> {
    app.db
        .transaction(async |conn| {
            let own = methods::lock_own(conn, user_id).await?;
            let mut method = own.into_iter().find(|method| method.id == id).ok_or(MethodError::NotFound)?;
            change(&mut method);
            save_changed(conn, &mut method, now).await?;
            Ok::<_, MethodError>(method)
        })
        .await
}

/// A method is charged no more from here on; a job has the provider give it up.
pub async fn remove_method(app: &App, user_id: UserId, id: PaymentMethodId) -> Result<(), MethodError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let own = methods::lock_own(conn, user_id).await?;
            let mut method = own.into_iter().find(|method| method.id == id).ok_or(MethodError::NotFound)?;
            remove_in_tx(conn, &mut method, now).await
        })
        .await?;
    app.jobs.notify();
    Ok(())
}

async fn remove_in_tx(conn: &mut Conn, method: &mut PaymentMethod, now: Timestamp) -> Result<(), MethodError> {
    method.remove(now);
    save_changed(conn, method, now).await?;
    Ok(events::enqueue_removed(conn, method, now).await?)
}

/// Saves a method that this transaction has locked and changed, as its next version.
pub async fn save_changed(conn: &mut Conn, method: &mut PaymentMethod, now: Timestamp) -> Result<(), store::Error> {
    method.version += 1;
    method.updated_at = now;
    methods::update_method(conn, method).await
}

/// Has the provider give a removed method up.
pub async fn detach_method(app: &App, id: PaymentMethodId) -> Result<(), MethodError> {
    let found = {
        let mut conn = app.db.conn().await?;
        methods::find_method(&mut conn, id).await?
    };
    let Some((method, sealed)) = found.and_then(|method| method.token.clone().map(|token| (method, token))) else {
        return Ok(());
    };
    let vault = app.config.vault.as_ref().ok_or(MethodError::NotOffered)?;
    let token = vault.open(&owner(method.user_id), &sealed)?;
    let provider = app.provider(method.provider)?;
    provider.methods().ok_or(MethodError::NotOffered)?.detach_method(&token).await?;
    let mut conn = app.db.conn().await?;
    Ok(methods::drop_token(&mut conn, id).await?)
}

/// A card was renewed by its bank, or given up at the provider. Methods that are not ours are nobody's business here.
pub async fn record_change_in_tx(
    conn: &mut Conn,
    provider: ProviderName,
    told: &MethodChanged,
    now: Timestamp,
) -> Result<(), MethodError> {
    let Some(mut method) = methods::lock_by_token(conn, provider.as_str(), &told.token_hash).await? else {
        return Ok(());
    };
    match &told.now {
        Some(summary) if *summary != method.summary => {
            method.summary = summary.clone();
            Ok(save_changed(conn, &mut method, now).await?)
        }
        Some(_) => Ok(()),
        None => {
            if method.removed_at.is_none() {
                remove_in_tx(conn, &mut method, now).await?;
            }
            Ok(methods::drop_token(conn, method.id).await?)
        }
    }
}
