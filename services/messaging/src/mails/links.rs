//! Mails that carry a one-time link. They go to the address they were ordered for, whatever the account's is by now,
//! and each attempt has a secret of its own, which stands nowhere else.

use letters::Letter;
use serde::Deserialize;
use service_kit::peers::PeerError;
use url::Url;

use super::{DispatchError, Occasion};
use crate::{
    App,
    letters::{self, account},
};

/// A letter and where it goes.
pub struct Addressed {
    pub to: String,
    pub letter: Letter,
}

/// `None` for a mail without a one-time link.
pub async fn compose(app: &App, occasion: &Occasion) -> Result<Option<Addressed>, DispatchError> {
    let addressed = |to: &String, letter| Ok(Some(Addressed { to: to.clone(), letter }));
    match occasion {
        Occasion::VerifyEmail { token_id, email, name } => {
            addressed(email, account::verify_email(name, &link(app, "verify-email", token_id).await?))
        }
        Occasion::ResetPassword { token_id, email, name } => {
            addressed(email, account::reset_password(name, &link(app, "reset-password", token_id).await?))
        }
        Occasion::ConfirmCurrentEmail { token_id, email, name, new_email } => {
            let link = link(app, "confirm-email", token_id).await?;
            addressed(email, account::confirm_current_email(name, new_email, &link))
        }
        Occasion::ConfirmNewEmail { token_id, email, name } => {
            addressed(email, account::confirm_new_email(name, &link(app, "confirm-email", token_id).await?))
        }
        _ => Ok(None),
    }
}

#[derive(Deserialize)]
struct Minted {
    secret: String,
}

/// The page with a fresh secret of the token.
async fn link(app: &App, page: &str, token_id: &str) -> Result<Url, DispatchError> {
    let path = format!("/internal/one-time-tokens/{token_id}/mint");
    let minted: Minted = match app.peers.post("auth", &path, &serde_json::json!({})).await {
        Ok(minted) => minted,
        Err(PeerError::Refused { status, .. }) if status == reqwest::StatusCode::NOT_FOUND => {
            return Err(DispatchError::Void("the token was used or is over"));
        }
        Err(error) => return Err(error.into()),
    };
    let page = format!("{}/{page}", app.config.public_url);
    Url::parse_with_params(&page, [("token", minted.secret)])
        .map_err(|_| DispatchError::Never("the public address is not a URL".to_owned()))
}
