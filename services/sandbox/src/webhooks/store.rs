//! Rows of events and their deliveries.

use ::store::{Conn, Error};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::Event;
use crate::schema::{deliveries, provider_events};

/// Stripe tries for three days.
const GIVE_UP_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_hours(72);

/// A delivery that is taken up, with the event's bytes.
#[derive(Debug, Queryable)]
pub struct Claimed {
    pub id: i64,
    pub attempts: i32,
    pub event_id: String,
    pub body: String,
    pub provider: String,
}

pub async fn insert_event(conn: &mut Conn, event: &Event, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(provider_events::table)
        .values((
            provider_events::id.eq(&event.id),
            provider_events::event_type.eq(event.event_type),
            provider_events::body.eq(&event.body),
            provider_events::created_at.eq(now.to_diesel()),
            provider_events::provider.eq(event.provider.as_str()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn insert_delivery(conn: &mut Conn, event_id: &str, due_at: Timestamp) -> Result<(), Error> {
    diesel::insert_into(deliveries::table)
        .values((
            deliveries::event_id.eq(event_id),
            deliveries::due_at.eq(due_at.to_diesel()),
            deliveries::given_up_at.eq((due_at + GIVE_UP_AFTER).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes up what is due, in the order in which it should arrive. What is taken up comes due again at `lease_until`,
/// so that a process that dies on the way loses nothing.
pub async fn claim_due(
    conn: &mut Conn,
    now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Error> {
    let due = deliveries::table
        .filter(deliveries::delivered.eq(false))
        .filter(deliveries::due_at.le(now.to_diesel()))
        .filter(deliveries::given_up_at.gt(now.to_diesel()));
    let ids: Vec<i64> = due
        .order((deliveries::due_at, deliveries::id))
        .limit(limit)
        .select(deliveries::id)
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    diesel::update(deliveries::table.filter(deliveries::id.eq_any(&ids)))
        .set((deliveries::attempts.eq(deliveries::attempts + 1), deliveries::due_at.eq(lease_until.to_diesel())))
        .execute(conn)
        .await?;
    let claimed = deliveries::table
        .inner_join(provider_events::table)
        .filter(deliveries::id.eq_any(&ids))
        .select((
            deliveries::id,
            deliveries::attempts,
            deliveries::event_id,
            provider_events::body,
            provider_events::provider,
        ))
        .load::<Claimed>(conn)
        .await?;
    Ok(in_order(claimed, &ids))
}

fn in_order(mut claimed: Vec<Claimed>, ids: &[i64]) -> Vec<Claimed> {
    claimed.sort_by_key(|delivery| ids.iter().position(|id| *id == delivery.id));
    claimed
}

pub async fn mark_delivered(conn: &mut Conn, id: i64) -> Result<(), Error> {
    diesel::update(deliveries::table.find(id)).set(deliveries::delivered.eq(true)).execute(conn).await?;
    Ok(())
}

pub async fn postpone(conn: &mut Conn, id: i64, due_at: Timestamp) -> Result<(), Error> {
    diesel::update(deliveries::table.find(id)).set(deliveries::due_at.eq(due_at.to_diesel())).execute(conn).await?;
    Ok(())
}

/// Deliveries that should have arrived by now and have not been tried, or are being tried for the first time.
pub async fn count_first_attempts(conn: &mut Conn, now: Timestamp) -> Result<i64, Error> {
    let untried = deliveries::attempts.eq(0).and(deliveries::due_at.le(now.to_diesel()));
    // One that has failed is postponed by less than the lease.
    let under_way = deliveries::attempts.eq(1).and(deliveries::due_at.gt((now + super::deliver::BACKOFF).to_diesel()));
    let open = deliveries::table.filter(deliveries::delivered.eq(false)).filter(untried.or(under_way));
    Ok(open.count().get_result(conn).await?)
}
