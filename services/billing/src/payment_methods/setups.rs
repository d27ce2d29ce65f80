//! Pages on which methods are given.

use jiff::Timestamp;
use kernel::{MethodSetupId, PaymentMethodId, UserId};
use providers::{
    GivenMethod, ProviderError, ProviderName, SetupPage, SetupRequest, SetupState, SetupStatus as Told, token_hash,
};
use secrecy::ExposeSecret;
use store::Conn;

use super::{
    MethodError, MethodSetup, PaymentMethod,
    commands::save_changed,
    customers::ensure_customer,
    events,
    model::{MOST_METHODS, SetupStatus, owner},
    store::{
        self as methods,
        customers::{lock_person, record_default_chosen},
        setups::{count_pending, find_own_setup, find_setup, insert_setup, lock_setup, update_setup},
    },
};
use crate::{App, questions::next_question, sessions::Callbacks};

/// A wish to save a method.
#[derive(Debug, Clone)]
pub struct NewSetup {
    pub user_id: UserId,
    pub email: Option<String>,
    pub callbacks: Callbacks,
    pub consents: bool,
    pub makes_default: bool,
}

/// Opens a page on which a method is given.
pub async fn create_setup(app: &App, name: ProviderName, new: NewSetup) -> Result<MethodSetup, MethodError> {
    if app.config.vault.is_none() {
        return Err(MethodError::NotOffered);
    }
    let provider_customer_id = ensure_customer(app, name, new.user_id, new.email.as_deref()).await?;
    let now = app.clock.now();
    let mut callbacks = new.callbacks;
    let id = MethodSetupId::new();
    for url in [&mut callbacks.success_url, &mut callbacks.cancel_url] {
        url.query_pairs_mut().append_pair("setup_id", &id.to_string());
    }
    let setup = MethodSetup {
        id,
        user_id: new.user_id,
        provider: name,
        status: SetupStatus::Pending,
        provider_customer_id,
        success_url: callbacks.success_url,
        cancel_url: callbacks.cancel_url,
        consents: new.consents,
        makes_default: new.makes_default,
        provider_setup_id: None,
        setup_url: None,
        payment_method_id: None,
        failure: None,
        check_at: Some(next_question(now, now)),
        created_at: now,
        updated_at: now,
    };
    app.db.transaction(async |conn| insert_setup_in_tx(conn, &setup).await).await?;
    open_setup(app, setup).await
}

/// One who has gone meanwhile begins nothing any more.
async fn insert_setup_in_tx(conn: &mut Conn, setup: &MethodSetup) -> Result<(), MethodError> {
    if !lock_person(conn, setup.user_id).await? {
        return Err(MethodError::NotFound);
    }
    let (saved, begun) = (methods::count_own(conn, setup.user_id).await?, count_pending(conn, setup.user_id).await?);
    if saved + begun >= MOST_METHODS {
        return Err(MethodError::TooMany);
    }
    Ok(insert_setup(conn, setup).await?)
}

/// Opens a recorded page at the provider.
async fn open_setup(app: &App, setup: MethodSetup) -> Result<MethodSetup, MethodError> {
    let provider = app.provider(setup.provider)?;
    let opened = provider.methods().ok_or(MethodError::NotOffered)?.create_setup(request(&setup)).await;
    let record = async |conn: &mut Conn| {
        let Some(mut known) = lock_setup(conn, setup.id).await? else { return Err(MethodError::NotFound) };
        match &opened {
            Ok(SetupPage { provider_setup_id, url, .. }) => {
                known.provider_setup_id = Some(provider_setup_id.clone());
                known.setup_url = Some(url.to_string()).filter(|_| known.status == SetupStatus::Pending);
            }
            Err(error) if error.is_retryable() => return Ok(known),
            // Nobody will ever give anything there.
            Err(_) => known.expire(),
        }
        update_setup(conn, &known).await?;
        Ok(known)
    };
    let setup = app.db.transaction(record).await?;
    opened?;
    Ok(setup)
}

fn request(setup: &MethodSetup) -> SetupRequest {
    SetupRequest {
        setup_id: setup.id,
        provider_customer_id: setup.provider_customer_id.clone(),
        success_url: setup.success_url.clone(),
        cancel_url: setup.cancel_url.clone(),
    }
}

/// Asks the provider what was given on a page, for somebody who has just come back from it.
pub async fn verify_setup(app: &App, user_id: UserId, id: MethodSetupId) -> Result<MethodSetup, MethodError> {
    ask_setup(app, find_own(app, user_id, id).await?, app.clock.now()).await?;
    find_own(app, user_id, id).await
}

async fn find_own(app: &App, user_id: UserId, id: MethodSetupId) -> Result<MethodSetup, MethodError> {
    let mut conn = app.db.conn().await?;
    find_own_setup(&mut conn, user_id, id).await?.ok_or(MethodError::NotFound)
}

/// For the job: the person may have gone meanwhile.
pub async fn check_setup(app: &App, id: MethodSetupId, now: Timestamp) -> Result<(), MethodError> {
    let found = {
        let mut conn = app.db.conn().await?;
        find_setup(&mut conn, id).await?
    };
    match found {
        Some(setup) => ask_setup(app, setup, now).await,
        None => Ok(()),
    }
}

async fn ask_setup(app: &App, setup: MethodSetup, now: Timestamp) -> Result<(), MethodError> {
    if setup.status != SetupStatus::Pending {
        return Ok(());
    }
    // The request may have died before it heard the provider's answer.
    let setup = if setup.provider_setup_id.is_some() { setup } else { open_setup(app, setup).await? };
    let Some(provider_setup_id) = setup.provider_setup_id.clone() else { return Ok(()) };
    let provider = app.provider(setup.provider)?;
    let state = match provider.methods().ok_or(MethodError::NotOffered)?.retrieve_setup(&provider_setup_id).await {
        Err(ProviderError::NotFound(_)) => SetupState { status: Told::Expired, failure: None },
        state => state?,
    };
    app.db.transaction(async |conn| record_state_in_tx(app, conn, &setup, &state, now).await).await
}

async fn record_state_in_tx(
    app: &App,
    conn: &mut Conn,
    asked: &MethodSetup,
    state: &SetupState,
    now: Timestamp,
) -> Result<(), MethodError> {
    if !lock_person(conn, asked.user_id).await? {
        return Ok(());
    }
    let Some(mut setup) = lock_setup(conn, asked.id).await? else { return Ok(()) };
    if setup.status != SetupStatus::Pending {
        return Ok(());
    }
    match &state.status {
        Told::Complete(given) => {
            let method_id = save_method_in_tx(app, conn, &setup, given, now).await?;
            setup.give(method_id);
        }
        Told::Expired => setup.expire(),
        Told::Open => setup.wait(state.failure.clone(), asked.check_at, now),
    }
    setup.updated_at = now;
    Ok(update_setup(conn, &setup).await?)
}

/// The first method of a person is their default. The caller has locked the person.
async fn save_method_in_tx(
    app: &App,
    conn: &mut Conn,
    setup: &MethodSetup,
    given: &GivenMethod,
    now: Timestamp,
) -> Result<PaymentMethodId, MethodError> {
    let vault = app.config.vault.as_ref().ok_or(MethodError::NotOffered)?;
    let mut others = methods::lock_own(conn, setup.user_id).await?;
    let method = PaymentMethod {
        id: PaymentMethodId::new(),
        version: 1,
        user_id: setup.user_id,
        provider: setup.provider,
        token: Some(vault.seal(&owner(setup.user_id), &given.token)?),
        token_hash: token_hash(given.token.expose_secret()),
        summary: given.summary.clone(),
        is_default: setup.makes_default || others.is_empty(),
        consented_at: setup.consents.then_some(now),
        removed_at: None,
        created_at: now,
        updated_at: now,
    };
    if let Some(known) = methods::lock_by_token(conn, setup.provider.as_str(), &method.token_hash).await? {
        return Ok(known.id);
    }
    if method.is_default {
        for other in others.iter_mut().filter(|other| other.is_default) {
            other.is_default = false;
            save_changed(conn, other, now).await?;
        }
        record_default_chosen(conn, (method.provider, setup.user_id), now).await?;
    }
    methods::insert_method(conn, &method).await?;
    events::enqueue_saved(conn, &method, now).await?;
    Ok(method.id)
}
