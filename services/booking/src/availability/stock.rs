//! Whether there are enough of stocked add-ons.
//!
//! What is counted together is a pool: a room's add-on by itself, or those of a studio's rooms that have one name and share
//! their stock. What others use of it at the busiest instant of an interval and what is wanted may not exceed what there
//! is. Of a room's own add-on the room's lock is guard enough; whoever takes from a shared pool holds the pool's lock,
//! which comes after those of the rooms and of the customer, and before those of promotions and engineers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{AddOnId, BookingId, StudioId};
use store::{Conn, Error};

use super::{
    model::{Use, peak_use},
    store::{StockRow, find_sharing, find_stocks, lock_pools, uses_of},
};
use crate::{
    bookings::store::find_choices,
    interval::Interval,
    prices::model::{AddOn, AddOnChoice},
};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PoolKey {
    Own(AddOnId),
    Shared(StudioId, String),
}

/// What a booking wants of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demand {
    wanted: i64,
    /// The least that the lists say there is.
    stock: i64,
}

/// True where more is chosen than there is at all, whoever else uses how many.
pub fn exceeds(choices: &[AddOnChoice], add_ons: &[AddOn]) -> bool {
    let exceeds = |choice: &AddOnChoice| {
        let chosen = add_ons.iter().find(|add_on| add_on.id == choice.id);
        chosen.and_then(|add_on| add_on.stock).is_some_and(|stock| choice.quantity > stock)
    };
    choices.iter().any(exceeds)
}

/// True when there are not enough of some chosen add-on, besides what one booking uses. Takes nothing and locks nothing.
pub async fn is_short(
    conn: &mut Conn,
    choices: &[AddOnChoice],
    interval: Interval,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<bool, Error> {
    if choices.is_empty() {
        return Ok(false);
    }
    let pools = pools_of(conn, choices).await?;
    any_short(conn, &pools, Question { interval, except, kept_until: None, now }).await
}

/// Makes sure that there is enough for a booking whose add-ons are written down; false when there is not. Until the
/// transaction ends nobody else takes from the same pools. The locks of its rooms are held already. One that is kept until
/// an instant has what it has where nobody has changed anything since.
pub async fn claim_in_tx(
    conn: &mut Conn,
    booking_id: BookingId,
    interval: Interval,
    kept_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    let choices = find_choices(conn, booking_id).await?;
    if choices.is_empty() {
        return Ok(true);
    }
    let pools = pools_of(conn, &choices).await?;
    let shared = pools.keys().filter_map(|key| match key {
        PoolKey::Shared(studio_id, name) => Some(format!("{} {name}", studio_id.uuid())),
        PoolKey::Own(_) => None,
    });
    lock_pools(conn, shared.collect()).await?;
    let question = Question { interval, except: Some(booking_id), kept_until, now };
    Ok(!any_short(conn, &pools, question).await?)
}

async fn pools_of(conn: &mut Conn, choices: &[AddOnChoice]) -> Result<BTreeMap<PoolKey, Demand>, Error> {
    let chosen: Vec<AddOnId> = choices.iter().map(|choice| choice.id).collect();
    Ok(pooled(choices, find_stocks(conn, &chosen).await?))
}

fn pooled(choices: &[AddOnChoice], stocks: Vec<StockRow>) -> BTreeMap<PoolKey, Demand> {
    let mut pools: BTreeMap<PoolKey, Demand> = BTreeMap::new();
    for StockRow { add_on_id, stock, shared, studio_id, name } in stocks {
        let key = if shared { PoolKey::Shared(studio_id, name) } else { PoolKey::Own(add_on_id) };
        let chosen = choices.iter().find(|choice| choice.id == add_on_id);
        let demand = pools.entry(key).or_insert(Demand { wanted: 0, stock: stock.into() });
        demand.wanted += chosen.map_or(0, |choice| i64::from(choice.quantity));
        demand.stock = demand.stock.min(stock.into());
    }
    pools
}

/// Whose use does not count, and when.
#[derive(Debug, Clone, Copy)]
struct Question {
    interval: Interval,
    except: Option<BookingId>,
    kept_until: Option<Timestamp>,
    now: Timestamp,
}

async fn any_short(conn: &mut Conn, pools: &BTreeMap<PoolKey, Demand>, question: Question) -> Result<bool, Error> {
    let Question { interval, except, kept_until, now } = question;
    for (key, demand) in pools {
        let members = match key {
            PoolKey::Own(id) => vec![*id],
            PoolKey::Shared(studio_id, name) => find_sharing(conn, *studio_id, name).await?,
        };
        let found = uses_of(conn, &members, interval, except, now).await?;
        let is_kept = kept_until.is_some_and(|until| found.iter().all(|(_, changed_at)| *changed_at < until));
        let uses: Vec<Use> = found.into_iter().map(|(used, _)| used).collect();
        if !is_kept && peak_use(&uses, interval) + demand.wanted > demand.stock {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_counted_together_and_the_least_stock_binds() {
        let (studio_id, ids) = (StudioId::new(), [AddOnId::new(), AddOnId::new(), AddOnId::new()]);
        let choices = ids.map(|id| AddOnChoice { id, quantity: 2 });
        let row = |id, stock, shared| StockRow { add_on_id: id, stock, shared, studio_id, name: "Amp".into() };
        let pools = pooled(&choices, vec![row(ids[0], 5, true), row(ids[1], 3, true), row(ids[2], 2, false)]);
        let expected = BTreeMap::from([
            (PoolKey::Own(ids[2]), Demand { wanted: 2, stock: 2 }),
            (PoolKey::Shared(studio_id, "Amp".into()), Demand { wanted: 4, stock: 3 }),
        ]);
        assert_eq!(pools, expected);
    }
}
