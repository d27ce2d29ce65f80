//! Setting and reading prices.

use kernel::RoomId;
use problem::Problem;
use service_kit::Caller;

use super::{
    PriceError,
    model::{NewPriceList, PriceList},
    store as prices,
};
use crate::{companies::commands::ensure_company, rooms::commands::manager_of_room, startup::App};

/// Replaces a room's price list. Bookings and signed quotes keep the prices they were made at.
pub async fn set_prices(app: &App, caller: &Caller, room_id: RoomId, new: NewPriceList) -> Result<PriceList, Problem> {
    let manager = manager_of_room(app, caller, room_id).await?;
    let company = ensure_company(app, manager.company_id()).await?;
    if new.currency != company.currency {
        return Err(PriceError::WrongCurrency(company.currency).into());
    }
    let now = app.clock.now();
    let saved = app.db.transaction(async |conn| {
        prices::save_price_list(conn, room_id, &new, now).await?;
        prices::find_price_list(conn, room_id).await?.ok_or(PriceError::NotFound)
    });
    Ok(saved.await?)
}

pub async fn get_prices(app: &App, room_id: RoomId) -> Result<PriceList, PriceError> {
    let mut conn = app.db.conn().await?;
    prices::find_price_list(&mut conn, room_id).await?.ok_or(PriceError::NotFound)
}
