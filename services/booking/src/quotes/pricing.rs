//! Pricing what a customer wishes: the same call for a quote and for a booking without one.

use jiff::Timestamp;
use kernel::PromotionId;
use store::Conn;

use super::QuoteError;
use crate::{
    availability::Together,
    interval::Interval,
    prices::{
        engine::{Extras, Price},
        model::AddOnChoice,
    },
    promotions::{commands::find_usable, model::Promotion},
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

/// What an interval in rooms costs with these wishes, by their price lists. The promotion has a use left at this
/// instant; who books it makes sure of that again, under its lock.
pub async fn price_with(
    conn: &mut Conn,
    rooms: &Together,
    interval: Interval,
    wishes: &Wishes,
    now: Timestamp,
) -> Result<Priced, QuoteError> {
    let promotion = match &wishes.promotion_code {
        Some(code) => Some(find_usable(conn, rooms.company_id(), code, now).await?),
        None => None,
    };
    price_for(rooms, interval, wishes, promotion.as_ref())
}

/// The same with a promotion that is known to count.
pub fn price_for(
    rooms: &Together,
    interval: Interval,
    wishes: &Wishes,
    promotion: Option<&Promotion>,
) -> Result<Priced, QuoteError> {
    let rates = rooms.rates(interval).ok_or(QuoteError::PricesMissing)?;
    rooms.check_choices(&wishes.add_ons)?;
    rooms.check_party(wishes.party_size)?;
    let terms = promotion.map(|promotion| &promotion.terms);
    let extras = Extras { add_ons: &wishes.add_ons, party_size: wishes.party_size, promotion: terms };
    let price = rates.price(interval, extras)?;
    if let Some(promotion) = promotion {
        promotion.check_amount(price.subtotal_before_promotion()?)?;
    }
    Ok(Priced { price, promotion_id: promotion.map(|promotion| promotion.id) })
}
