//! How often an account may be tried, from wherever: many addresses together guess no faster than one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use limits::{Limits, Quota};
use problem::Problem;

use crate::{App, users::Email};

const PER_ACCOUNT: Quota = Quota::per_minute("login_of_account", 5);

/// Counts an attempt, before anything is known of the account: an unknown address is limited like a known one.
pub async fn admit(app: &App, email: &Email) -> Result<(), Problem> {
    let account = BASE64_URL_SAFE_NO_PAD.encode(app.email_key.name(&email.key()));
    let decision = app.limits.take(&app.limits.effective(PER_ACCOUNT), &account).await;
    if decision.allowed { Ok(()) } else { Err(Limits::exceeded(&decision)) }
}
