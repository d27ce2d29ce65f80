//! `expand[]`: ids in an answer replaced by their objects (<https://docs.stripe.com/api/expanding_objects>).

use ::store::Conn;
use serde_json::Value;

use super::{StripeError, objects};
use crate::{
    connect::store as connect,
    payments::{methods, settlements, store},
    state::Sandbox,
};

/// Stripe's own limit.
const MOST_DEPTH: usize = 4;

/// Expands each dotted path, outermost first.
pub async fn expand(app: &Sandbox, conn: &mut Conn, object: &mut Value, paths: &[String]) -> Result<(), StripeError> {
    for path in paths {
        let keys: Vec<&str> = path.split('.').collect();
        if keys.len() > MOST_DEPTH {
            return Err(StripeError::invalid("You cannot expand more than 4 levels of a property."));
        }
        let mut places = vec![&mut *object];
        for key in keys {
            places = step(app, conn, places, key).await?;
        }
    }
    Ok(())
}

/// Goes down by one key at each place; `data` of a list goes to each of its entries.
async fn step<'v>(
    app: &Sandbox,
    conn: &mut Conn,
    places: Vec<&'v mut Value>,
    key: &str,
) -> Result<Vec<&'v mut Value>, StripeError> {
    let mut next = Vec::new();
    for place in places.into_iter().filter(|place| !place.is_null()) {
        match place.get_mut(key) {
            Some(Value::Array(entries)) => next.extend(entries),
            Some(child) => {
                fetch(app, conn, child).await?;
                next.push(child);
            }
            None => {
                let message = format!("This property cannot be expanded ({key}).");
                return Err(StripeError::invalid(message).param("expand"));
            }
        }
    }
    Ok(next)
}

/// An id becomes its object; whatever is not an id of ours stays.
async fn fetch(app: &Sandbox, conn: &mut Conn, place: &mut Value) -> Result<(), StripeError> {
    let Some(id) = place.as_str() else { return Ok(()) };
    let found = match id.split('_').next() {
        Some("pi") => store::find_intent(conn, id).await?.map(|row| objects::intent(app, &row)),
        Some("ch") => store::find_charge(conn, id).await?.map(|row| objects::charge(&row)),
        Some("cs") => store::find_session(conn, id).await?.map(|row| objects::session(app, &row)),
        Some("tr") => transfer(conn, id).await?,
        Some("trr") => match settlements::find_given_back(conn, id).await? {
            Some((row, refund)) => Some(objects::settled_reversal(&row, &refund)),
            None => connect::find_reversed_transfer(conn, id).await?.map(|row| objects::reversal(&row)),
        },
        Some("fee") => {
            settlements::find_moved(conn, id).await?.map(|(row, refunds)| objects::application_fee(&row, &refunds))
        }
        Some("fr") => {
            settlements::find_given_back(conn, id).await?.map(|(row, refund)| objects::fee_refund(&row, &refund))
        }
        Some("seti") => store::find_intent(conn, id).await?.map(|row| objects::setup_intent(&row)),
        Some("pm") => methods::find_method(conn, id).await?.map(|row| objects::payment_method(&row)),
        Some("re") => store::find_refund(conn, id).await?.map(|row| objects::refund(&row)),
        Some("dp") => match store::find_dispute(conn, id).await? {
            Some(row) => store::find_charge(conn, &row.charge_id).await?.map(|charge| objects::dispute(&charge, &row)),
            None => None,
        },
        _ => None,
    };
    if let Some(found) = found {
        *place = found;
    }
    Ok(())
}

/// One that the platform made, or the one of a charge with a destination.
pub async fn transfer(conn: &mut Conn, id: &str) -> Result<Option<Value>, StripeError> {
    Ok(match connect::find_transfer(conn, id).await? {
        Some(row) => Some(objects::transfer(&row)),
        None => {
            settlements::find_moved(conn, id).await?.map(|(row, refunds)| objects::settled_transfer(&row, &refunds))
        }
    })
}
