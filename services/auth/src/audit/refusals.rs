//! Refused credentials in the trail: enough of them to see an attack and where it comes from, and never so many that
//! whoever sends them fills the table. What is above the limits is counted in a metric only.

use limits::Quota;
use store::Error;

use super::{AuditEvent, store::record_in_tx};
use crate::App;

/// Events of one address; where nobody says from where, of all of them together.
const OF_ONE_ADDRESS: Quota = Quota::per_hour("recorded_refusals_of_address", 10);

/// Events of everybody: somebody may have very many addresses.
const OF_ALL: Quota = Quota::per_hour("recorded_refusals", 600);

/// Writes down that a credential was refused, unless that is well known by now. Nothing else is changed by a refusal, so
/// it is written outside any transaction.
pub async fn record_refusal(app: &App, event: &AuditEvent) -> Result<(), Error> {
    let address = event.address.as_deref().unwrap_or_default();
    let is_news = has_left(app, OF_ONE_ADDRESS, address).await && has_left(app, OF_ALL, "").await;
    metrics::counter!("auth_refused_credentials_total", "recorded" => is_news.to_string()).increment(1);
    if is_news {
        record_in_tx(&mut *app.db.conn().await?, event).await?;
    }
    Ok(())
}

async fn has_left(app: &App, quota: Quota, of: &str) -> bool {
    app.limits.take(&app.limits.effective(quota), of).await.allowed
}
