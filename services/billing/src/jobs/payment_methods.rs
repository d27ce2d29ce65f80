//! What providers are told and asked about saved methods.

use jiff::Timestamp;
use kernel::{MethodSetupId, PaymentMethodId};
use uuid::Uuid;

use crate::{
    App,
    payment_methods::{
        commands::detach_method,
        customers::{forget_customer, tell_email},
        setups::check_setup,
        store::{
            DETACHMENTS,
            customers::{FORGETTINGS, TELLINGS},
            setups::CHECKS,
        },
    },
};

/// Has the provider give up methods that were removed here, tells it new addresses, and has it forget people who have gone.
pub async fn tell(app: &App, now: Timestamp) -> anyhow::Result<()> {
    DETACHMENTS.work_off(app, now, |id, tries| try_detach(app, id, tries)).await?;
    TELLINGS.work_off(app, now, |id, tries| try_tell(app, id, tries)).await?;
    FORGETTINGS.work_off(app, now, |id, tries| try_forget(app, id, tries)).await
}

async fn try_detach(app: &App, id: PaymentMethodId, tries: i32) -> anyhow::Result<()> {
    if let Err(error) = detach_method(app, id).await {
        tracing::warn!(payment_method_id = %id, tries, %error, "a method could not be detached; it will be tried again");
        DETACHMENTS.postpone(app, id, tries).await?;
    }
    Ok(())
}

async fn try_tell(app: &App, id: Uuid, tries: i32) -> anyhow::Result<()> {
    if let Err(error) = tell_email(app, id).await {
        tracing::warn!(customer = %id, tries, %error, "a new address could not be told; it will be tried again");
        TELLINGS.postpone(app, id, tries).await?;
        return Ok(());
    }
    TELLINGS.finish_if_there(app, id).await?;
    Ok(())
}

async fn try_forget(app: &App, id: Uuid, tries: i32) -> anyhow::Result<()> {
    if let Err(error) = forget_customer(app, id).await {
        tracing::warn!(customer = %id, tries, %error, "a person could not be forgotten at the provider; it will be tried again");
        FORGETTINGS.postpone(app, id, tries).await?;
    }
    Ok(())
}

/// Asks what was given on pages: where an event tells that there is something to ask, and by the Clock where none came.
pub async fn sweep_setups(app: &App, now: Timestamp) -> anyhow::Result<()> {
    CHECKS.work_off(app, now, |id, tries| try_check(app, id, tries, now)).await
}

async fn try_check(app: &App, id: MethodSetupId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = check_setup(app, id, now).await {
        tracing::warn!(setup_id = %id, tries, %error, "a setup could not be checked; it will be tried again");
        CHECKS.postpone(app, id, tries).await?;
        return Ok(());
    }
    CHECKS.finish_if_there(app, id).await?;
    Ok(())
}
