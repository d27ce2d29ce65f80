//! Charging a saved method instead of opening a page.
//!
//! The provider is told of the charge first and asked to make it then, and in between its id is recorded: a payment that
//! nobody should make any more can be given up without being made.

use jiff::Timestamp;
use kernel::{PaymentId, PaymentMethodId};
use providers::{
    ChargeRequest, ExpireOutcome, Failure, MethodCharge, MethodProvider, PaymentProvider, Presence, ProviderError,
};
use store::Conn;

use super::{Session, SessionError, commands::record_refusal, store as sessions};
use crate::{
    App,
    payment_methods::{
        MethodError,
        model::owner,
        store::{self as methods, customers::find_customer},
    },
    payments::{
        self, Fact, Payment, PaymentError,
        commands::record_facts_in_tx,
        facts::{Decline, ToldBy, facts_of_state},
    },
};

/// A payment that is to be charged to a saved method.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    pub payment: &'a Payment,
    pub session: &'a Session,
    pub method: PaymentMethodId,
    pub presence: Presence,
}

/// A charge that the provider knows.
pub struct Prepared {
    request: ChargeRequest,
    pub provider_session_id: String,
}

/// Charges the method, once, however often this is called, and takes in what became of it. A refusal of the customer's
/// bank is no error: the payment has failed.
pub async fn charge(
    app: &App,
    provider: &dyn PaymentProvider,
    charge: Charge<'_>,
    now: Timestamp,
) -> Result<(), SessionError> {
    let Some(Prepared { request, provider_session_id }) = prepare(app, provider, &charge, now).await? else {
        return Ok(());
    };
    let facts = match methods_of(provider)?.make_charge(&provider_session_id, &request).await {
        Ok(made) => return record_made(app, charge.payment, &made, now).await,
        Err(ProviderError::Declined(failure)) => [declined(provider_session_id, failure, now)],
        Err(error) => return Err(refuse(app, charge.payment.id, error, now).await?),
    };
    let payment_id = charge.payment.id;
    app.db.transaction(async |conn| record_facts_in_tx(conn, payment_id, &facts, now).await).await?;
    app.jobs.notify();
    Ok(())
}

/// Makes the charge known to the provider, and takes nothing yet. `None` where it was made before and what became of it
/// has been taken in.
pub async fn prepare(
    app: &App,
    provider: &dyn PaymentProvider,
    charge: &Charge<'_>,
    now: Timestamp,
) -> Result<Option<Prepared>, SessionError> {
    let payment_id = charge.payment.id;
    let Some(request) = request(app, charge).await? else { return give_up(app, provider, charge, now).await };
    if let Some(provider_session_id) = charge.session.provider_session_id.clone() {
        return Ok(Some(Prepared { request, provider_session_id }));
    }
    let provider_session_id = match methods_of(provider)?.prepare_charge(&request).await {
        Ok(id) => id,
        Err(error) => return Err(refuse(app, payment_id, error, now).await?),
    };
    app.db
        .transaction(async |conn| {
            payments::store::lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
            Ok::<_, SessionError>(sessions::record_prepared(conn, payment_id, &provider_session_id).await?)
        })
        .await?;
    Ok(Some(Prepared { request, provider_session_id }))
}

/// The method may be charged no more. A charge that the provider knows may have been made, its answer lost: it is taken
/// back first, and what has become of it instead is taken in.
async fn give_up(
    app: &App,
    provider: &dyn PaymentProvider,
    charge: &Charge<'_>,
    now: Timestamp,
) -> Result<Option<Prepared>, SessionError> {
    if let Some(known) = &charge.session.provider_session_id {
        match provider.expire_session(known).await {
            Ok(ExpireOutcome::Expired | ExpireOutcome::AlreadyExpired) | Err(ProviderError::NotFound(_)) => {}
            Ok(ExpireOutcome::AlreadyComplete) => {
                payments::commands::ask_provider(app, charge.payment, known, now).await?;
                return Ok(None);
            }
            Err(error) => return Err(SessionError::ProviderUnavailable(error)),
        }
    }
    Err(record_refusal(app, charge.payment.id, ProviderError::Declined(unavailable()), now).await?)
}

/// A method or person that the provider knows no more will not be known when it is asked again.
async fn refuse(
    app: &App,
    payment_id: PaymentId,
    error: ProviderError,
    now: Timestamp,
) -> Result<SessionError, SessionError> {
    let error = match error {
        ProviderError::NotFound(_) => ProviderError::Declined(unavailable()),
        other => other,
    };
    record_refusal(app, payment_id, error, now).await
}

fn unavailable() -> Failure {
    Failure {
        code: "payment_method_unavailable".to_owned(),
        message: "The payment method can be charged no more.".to_owned(),
    }
}

fn methods_of(provider: &dyn PaymentProvider) -> Result<&dyn MethodProvider, SessionError> {
    let off = || SessionError::ProviderUnavailable(ProviderError::NotConfigured(provider.name()));
    provider.methods().ok_or_else(off)
}

/// From recorded values only: repeated, it is the same call. `None` where the method may not be charged, or not any more:
/// it was removed, or its owner is not there and has taken their consent back.
async fn request(app: &App, charge: &Charge<'_>) -> Result<Option<ChargeRequest>, SessionError> {
    let (method, customer) = {
        let mut conn = app.db.conn().await?;
        let Some(method) = methods::find_method(&mut conn, charge.method).await? else { return Ok(None) };
        let customer = find_customer(&mut conn, method.provider, method.user_id).await?;
        (method, customer.and_then(|customer| customer.provider_customer_id))
    };
    let (Some(token), Some(provider_customer_id)) = (method.chargeable(charge.presence), customer) else {
        return Ok(None);
    };
    let vault = app.config.vault.as_ref().ok_or(MethodError::NotOffered)?;
    Ok(Some(ChargeRequest {
        session: charge.session.request(charge.payment),
        provider_customer_id,
        token: vault.open(&owner(method.user_id), token).map_err(MethodError::from)?,
        presence: charge.presence,
    }))
}

async fn record_made(app: &App, payment: &Payment, made: &MethodCharge, now: Timestamp) -> Result<(), SessionError> {
    let facts = facts_of_state(made.state.clone(), now);
    app.db
        .transaction(async |conn: &mut Conn| {
            payments::store::lock_payment(conn, payment.id).await?.ok_or(PaymentError::Unknown(payment.id))?;
            sessions::record_charged(conn, payment.id, made.confirm_url.as_ref()).await?;
            record_facts_in_tx(conn, payment.id, &facts, now).await?;
            Ok::<_, SessionError>(())
        })
        .await?;
    app.jobs.notify();
    Ok(())
}

/// A saved method is charged once.
fn declined(provider_session_id: String, failure: Failure, now: Timestamp) -> Fact {
    Fact::Declined(Decline {
        provider_payment_id: Some(provider_session_id),
        failure,
        at: now,
        told_by: ToldBy::Asking,
        is_final: true,
    })
}
