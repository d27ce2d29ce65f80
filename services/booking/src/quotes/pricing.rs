//! Pricing what a customer wishes: the same call for a quote and for a booking without one.

use jiff::Timestamp;
use kernel::PromotionId;
use store::Conn;

use super::QuoteError;
use crate::{
    availability::{check_choices, check_party, model::RoomCalendar},
    interval::Interval,
    prices::{
        engine::{self, Extras, Price},
        model::{AddOnChoice, PriceList},
    },
    promotions::commands::find_usable,
};

/// What a customer wishes beside the time, as it was written.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub add_ons: Vec<AddOnChoice>,
    pub party_size: Option<i32>,
    pub promotion_code: Option<String>,
}

/// A price with the promotion that was used for it.
#[derive(Debug, Clone)]
pub struct Priced {
    pub price: Price,
    pub promotion_id: Option<PromotionId>,
}

/// What an interval in a room costs with these wishes, by its price list. The promotion has a use left at this
/// instant; who books it makes sure of that again, under its lock.
pub async fn price_with(
    conn: &mut Conn,
    calendar: &RoomCalendar,
    list: &PriceList,
    interval: Interval,
    wishes: &Wishes,
    now: Timestamp,
) -> Result<Priced, QuoteError> {
    check_choices(&wishes.add_ons, &list.add_ons)?;
    check_party(wishes.party_size, calendar.room.settings.capacity)?;
    let promotion = match &wishes.promotion_code {
        Some(code) => Some(find_usable(conn, calendar.room.company_id, code, now).await?),
        None => None,
    };
    let terms = promotion.as_ref().map(|promotion| &promotion.terms);
    let extras = Extras { add_ons: &wishes.add_ons, party_size: wishes.party_size, promotion: terms };
    let price = engine::price(list, interval, &calendar.zone, extras)?;
    if let Some(promotion) = &promotion {
        promotion.check_amount(price.subtotal_before_promotion()?)?;
    }
    Ok(Priced { price, promotion_id: promotion.map(|promotion| promotion.id) })
}
