//! Mails that carry a one-time link. Those about an account go to the address they were ordered for, whatever the
//! account's is by now. Each attempt has a secret of its own, which stands nowhere else.

use jiff::Timestamp;
use kernel::{BookingId, Money};
use letters::Letter;
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use service_kit::peers::PeerError;
use url::Url;

use super::{DispatchError, Occasion};
use crate::{
    App,
    letters::{self, account, booking, company},
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
        Occasion::ConfirmPayoutAddress { receiver_id, email, company_name } => {
            let minted = format!("/internal/payout-receivers/{receiver_id}/mint");
            let Minted { secret } = mint(app, "billing", &minted).await?;
            let link = page(app, "confirm-payout-address", &secret)?;
            addressed(email, company::confirm_payout_address(company_name, &link))
        }
        _ => Ok(None),
    }
}

/// A letter to somebody without an account that asks for the price of what is held, with a link to pay it by; `None`
/// for any other letter.
pub async fn compose_for_guest(
    app: &App,
    booking_id: BookingId,
    name: &str,
    occasion: &Occasion,
) -> Result<Option<Letter>, DispatchError> {
    let is_asked_for = matches!(occasion, Occasion::PayLink { .. } | Occasion::PaymentReminder { is_hold: true, .. });
    if !is_asked_for {
        return Ok(None);
    }
    let PayLink { token, amount_due, expires_at } =
        mint(app, "booking", &format!("/internal/bookings/{booking_id}/links")).await?;
    let link = page(app, "pay", &token)?;
    Ok(match occasion {
        Occasion::PayLink { booking } => Some(booking::pay_link(name, booking, amount_due, expires_at, &link)),
        Occasion::PaymentReminder { booking, is_hold, .. } => {
            let letter = booking::payment_reminder(name, booking, amount_due, expires_at, *is_hold);
            Some(letter.action(booking::PAY, &link))
        }
        _ => None,
    })
}

#[derive(Deserialize)]
struct Minted {
    secret: String,
}

#[derive(Deserialize)]
struct PayLink {
    token: String,
    amount_due: Money,
    expires_at: Timestamp,
}

async fn link(app: &App, page: &str, token_id: &str) -> Result<Url, DispatchError> {
    minted_link(app, page, &format!("one-time-tokens/{token_id}")).await
}

/// The page with a secret that auth makes for this mail.
async fn minted_link(app: &App, name: &str, minted_for: &str) -> Result<Url, DispatchError> {
    let minted: Minted = mint(app, "auth", &format!("/internal/{minted_for}/mint")).await?;
    page(app, name, &minted.secret)
}

/// What a secret would be for is gone, or in a state that needs none.
const OVER: [StatusCode; 3] = [StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::GONE];

/// Asks for a secret.
async fn mint<T: DeserializeOwned>(app: &App, service: &'static str, path: &str) -> Result<T, DispatchError> {
    match app.peers.post(service, path, &serde_json::json!({})).await {
        Ok(minted) => Ok(minted),
        Err(PeerError::Refused { status, .. }) if OVER.contains(&status) => {
            Err(DispatchError::Void("what the link is for was used or is over"))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(app: &App, name: &str, secret: &str) -> Result<Url, DispatchError> {
    Url::parse_with_params(&format!("{}/{name}", app.config.public_url), [("token", secret)])
        .map_err(|_| DispatchError::Never("the public address is not a URL".to_owned()))
}
