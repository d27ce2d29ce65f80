//! Payables that somebody follows a link to. booking keeps the links; it is asked each time.

use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use service_kit::peers::PeerError;

use super::{BookingBody, PayableError, PayableRef, take_booking_in_tx};
use crate::App;

/// What a link is still good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Open,
    /// What it was for is paid, or has become somebody's.
    Used,
    Expired,
    /// There is nothing to pay any more.
    Void,
}

impl LinkState {
    pub fn check(self) -> Result<(), PayableError> {
        match self {
            Self::Open => Ok(()),
            Self::Used => Err(PayableError::LinkUsed),
            Self::Expired => Err(PayableError::HoldExpired),
            Self::Void => Err(PayableError::LinkVoid),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Followed {
    state: LinkState,
    booking: BookingBody,
}

/// What the link is about, taken over here. Call it outside any transaction.
pub async fn follow_link(app: &App, token: &str, now: Timestamp) -> Result<(PayableRef, LinkState), PayableError> {
    let asked = app.peers.post("booking", "/internal/booking-links", &json!({"token": token})).await;
    let Followed { state, booking } = asked.map_err(|error| match error {
        PeerError::Refused { status, .. } if status.as_u16() == 404 => PayableError::NotFound,
        error => error.into(),
    })?;
    let booking = BookingState::from(booking);
    let payable = app.db.transaction(async |conn| take_booking_in_tx(conn, Some(&booking), now).await).await?;
    Ok((payable.reference, state))
}
