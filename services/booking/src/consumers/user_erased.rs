//! auth.UserErased: what a customer wrote and liked is forgotten, their calendars end, and they wait for nothing any more.
//! Their bookings stay, under an id that names nobody any more.

use contracts::auth::v1::UserErased;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    bookings::store::forget_words_of, calendars::store::delete_feeds_of, favorites::store::forget_favorites_of,
    reviews::store as reviews, series::store as series, waitlist::store as waitlist,
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<UserErased>) -> Result<(), HandlerError> {
    let user_id = delivery.event.user_id.parse().map_err(HandlerError::rejected)?;
    forget_words_of(conn, user_id).await?;
    series::forget_words_of(conn, user_id).await?;
    reviews::forget_words_of(conn, user_id).await?;
    waitlist::leave_all(conn, user_id).await?;
    forget_favorites_of(conn, user_id).await?;
    delete_feeds_of(conn, user_id).await?;
    Ok(())
}
