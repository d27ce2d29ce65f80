//! Takes in the refunds and disputes that were told before their payment, once it is paid.

use events::HandlerError;
use jiff::Timestamp;

use crate::{
    App,
    early_events::{
        adopt,
        store::{give_up, list_ready},
    },
    worklist::BATCH,
};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let ready = list_ready(&mut *app.db.conn().await?, BATCH).await?;
        if ready.is_empty() {
            return Ok(());
        }
        for early in ready {
            match adopt(app, &early, now).await {
                Ok(()) => {}
                Err(HandlerError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    let (provider, event_id) = (&early.provider, &early.provider_event_id);
                    tracing::error!(provider, event_id, %error, "an event that was told too early cannot be taken in");
                    give_up(&mut *app.db.conn().await?, &early, &error.to_string()).await?;
                }
            }
        }
    }
}
