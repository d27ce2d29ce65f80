//! Setting and reading prices.

use kernel::{CompanyId, RoomId};
use problem::Problem;
use service_kit::Caller;

use store::Conn;

use super::{
    PriceError,
    model::{NewAddOn, NewPriceList, PriceList},
    store as prices,
};
use crate::{
    companies::commands::ensure_company, engineers::store::find_working, rooms::commands::manager_of_room, startup::App,
};

/// Replaces a room's price list. Bookings and signed quotes keep the prices they were made at.
pub async fn set_prices(app: &App, caller: &Caller, room_id: RoomId, new: NewPriceList) -> Result<PriceList, Problem> {
    let manager = manager_of_room(app, caller, room_id).await?;
    let company = ensure_company(app, manager.company_id()).await?;
    if new.currency != company.currency {
        return Err(PriceError::WrongCurrency(company.currency).into());
    }
    let now = app.clock.now();
    let saved = app.db.transaction(async |conn| {
        check_engineers(conn, company.id, &new.add_ons).await?;
        prices::save_price_list(conn, room_id, &new, now).await?;
        prices::find_price_list(conn, room_id).await?.ok_or(PriceError::NotFound)
    });
    Ok(saved.await?)
}

/// Add-ons are done by people who work for the company.
async fn check_engineers(conn: &mut Conn, company_id: CompanyId, add_ons: &[NewAddOn]) -> Result<(), PriceError> {
    if add_ons.iter().all(|add_on| add_on.engineers.is_empty()) {
        return Ok(());
    }
    let working = find_working(conn, company_id).await?;
    let unknown = |add_on: &NewAddOn| add_on.engineers.iter().any(|id| !working.contains(id));
    match add_ons.iter().position(unknown) {
        Some(add_on) => Err(PriceError::UnknownEngineer { add_on }),
        None => Ok(()),
    }
}

pub async fn get_prices(app: &App, room_id: RoomId) -> Result<PriceList, PriceError> {
    let mut conn = app.db.conn().await?;
    prices::find_price_list(&mut conn, room_id).await?.ok_or(PriceError::NotFound)
}
