//! Closing a company. Nothing that is still owed may be lost, so booking and the ledger are asked before; from the commit
//! on they refuse what is new by themselves, as soon as they hear of it.

use ::store::Conn;
use jiff::Timestamp;
use kernel::CompanyId;
use serde::{Deserialize, de::DeserializeOwned};
use service_kit::{
    Allowed,
    identity::{CompanyRole, permissions::DeleteCompany},
};

use super::{CompanyError, events, store};
use crate::{
    App,
    actor::Actor,
    api_keys::{self, KeyOwner},
    audit::{self, AuditKind},
    invitations, members,
    sessions::Device,
};

/// Booking's answer to `GET /internal/companies/{company_id}/upcoming-bookings`.
#[derive(Deserialize)]
struct UpcomingBookings {
    count: i64,
}

/// The ledger's answer to `GET /internal/companies/{company_id}/settlement`.
#[derive(Deserialize)]
struct Settlement {
    settled: bool,
}

/// Closes the company: its members, keys and open invitations go with it.
pub async fn delete_company(app: &App, allowed: &Allowed<DeleteCompany>, device: Device) -> Result<(), CompanyError> {
    let (id, owner) = (allowed.company_id(), Actor::new(allowed.caller(), device));
    ensure_nothing_is_owed(app, id).await?;
    let now = app.clock.now();
    app.db.transaction(async |conn| delete_company_in_tx(conn, id, &owner, now).await).await
}

async fn ensure_nothing_is_owed(app: &App, id: CompanyId) -> Result<(), CompanyError> {
    let bookings: UpcomingBookings =
        ask(app, "booking", &format!("/internal/companies/{id}/upcoming-bookings")).await?;
    if bookings.count > 0 {
        return Err(CompanyError::BookingsAhead);
    }
    let settlement: Settlement = ask(app, "ledger", &format!("/internal/companies/{id}/settlement")).await?;
    if settlement.settled { Ok(()) } else { Err(CompanyError::MoneyPending) }
}

/// Both answer for every company, also one they have not heard of: no answer is no permission.
async fn ask<T: DeserializeOwned>(app: &App, service: &'static str, path: &str) -> Result<T, CompanyError> {
    app.peers.get(service, path).await?.ok_or(CompanyError::NoAnswer(service))
}

async fn delete_company_in_tx(
    conn: &mut Conn,
    id: CompanyId,
    owner: &Actor,
    now: Timestamp,
) -> Result<(), CompanyError> {
    store::lock(conn, id).await?.ok_or(CompanyError::NotFound)?;
    // The role in the caller's identity may be some seconds old.
    if members::store::find_role(conn, id, owner.user_id).await? != Some(CompanyRole::Owner) {
        return Err(CompanyError::InsufficientRole);
    }
    let company = store::mark_deleted(conn, id, now).await?;
    events::deleted(conn, &company, now).await?;
    audit::record_in_tx(conn, &owner.did(AuditKind::CompanyDeleted, now).in_company(id)).await?;
    // The rows stay, so that a company closed by mistake can be opened again by hand; nobody counts them any more.
    for (ordinal, user_id) in (1..).zip(members::store::list_ids(conn, id).await?) {
        events::membership_changed(conn, &company, (user_id, None), ordinal, now).await?;
    }
    invitations::store::withdraw_all_of_company(conn, id).await?;
    api_keys::revoke_all_in_tx(conn, KeyOwner::Company(id), owner, now).await?;
    Ok(())
}
