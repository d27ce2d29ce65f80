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
        Occasion::Invitation { invitation_id, email, company_name, role, invited_by_name } => {
            let link = minted_link(app, "accept-invitation", &format!("invitations/{invitation_id}")).await?;
            addressed(email, account::invitation(company_name, role, invited_by_name, &link))
        }
        _ => Ok(None),
    }
}

#[derive(Deserialize)]
struct Minted {
    secret: String,
}

async fn link(app: &App, page: &str, token_id: &str) -> Result<Url, DispatchError> {
    minted_link(app, page, &format!("one-time-tokens/{token_id}")).await
}

/// The page with a secret that auth makes for this mail.
async fn minted_link(app: &App, page: &str, minted_for: &str) -> Result<Url, DispatchError> {
    let path = format!("/internal/{minted_for}/mint");
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
