//! Taking engineers' time for a booking, and asking whether it could be had.

use std::collections::BTreeSet;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, PgExpressionMethods,
    PgRangeExpressionMethods, QueryDsl, sql_types, upsert::excluded,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, BookingId, EngineerId};
use store::{Conn, Error};

use super::{
    matching::{Wanted, assign},
    store::{lock_working, new_period},
};
use crate::{
    interval::Interval,
    jsonb::Jsonb,
    prices::model::{AddOn, AddOnChoice},
    schema::{add_ons, booking_add_ons, bookings, engineer_occupancies as occupancies},
};

/// Takes the time of everybody a booking needs; false when somebody is missing, and then nothing has been taken. The
/// locks of its rooms are held already. Whom the booking has at this time for what it has it keeps, whoever the lists name
/// by now.
pub async fn claim_in_tx(
    conn: &mut Conn,
    booking_id: BookingId,
    interval: Interval,
    now: Timestamp,
) -> Result<bool, Error> {
    let wanted = wanted_by(conn, booking_id).await?;
    if wanted.is_empty() {
        return Ok(true);
    }
    let named = wanted.iter().flat_map(|wanted| wanted.engineers.iter().copied());
    let before = assigned_to(conn, booking_id).await?;
    let working = lock_working(conn, &named.chain(before).collect::<Vec<_>>()).await?;
    if has_all(conn, booking_id, interval, &wanted).await? {
        return Ok(true);
    }
    let mine = assigned_to(conn, booking_id).await?;
    let candidates: Vec<EngineerId> = working.into_iter().chain(mine.iter().copied()).collect();
    release_lapsed(conn, &candidates, interval, now).await?;
    let busy = busy_in(conn, &candidates, interval, Some(booking_id), now).await?;
    let wanted: Vec<Wanted> = wanted.into_iter().map(|wanted| preferring(wanted, &mine)).collect();
    let Some(assigned) = assign(&wanted, |id| candidates.contains(&id) && !busy.contains(&id)) else {
        return Ok(false);
    };
    occupy(conn, booking_id, interval, &assigned).await?;
    Ok(true)
}

/// Whether everybody could be had who is needed for chosen add-ons. Takes nothing and locks nobody.
pub async fn could_be_claimed(
    conn: &mut Conn,
    choices: &[AddOnChoice],
    add_ons: &[AddOn],
    interval: Interval,
    now: Timestamp,
) -> Result<bool, Error> {
    let wanted: Vec<Wanted> = choices.iter().filter_map(|choice| wanted(*choice, add_ons)).collect();
    if wanted.is_empty() {
        return Ok(true);
    }
    let named: Vec<EngineerId> = wanted.iter().flat_map(|wanted| wanted.engineers.iter().copied()).collect();
    let working = working_of(conn, &named).await?;
    let busy = busy_in(conn, &named, interval, None, now).await?;
    Ok(assign(&wanted, |id| working.contains(&id) && !busy.contains(&id)).is_some())
}

/// What a choice wants of people; `None` for a thing.
fn wanted(choice: AddOnChoice, add_ons: &[AddOn]) -> Option<Wanted> {
    let add_on = add_ons.iter().find(|add_on| add_on.id == choice.id && !add_on.engineers.is_empty())?;
    let quantity = usize::try_from(choice.quantity).unwrap_or(usize::MAX);
    Some(Wanted { add_on_id: add_on.id, engineers: add_on.engineers.clone(), quantity })
}

/// Those the booking has already come first, so that nobody is exchanged without need.
fn preferring(mut wanted: Wanted, mine: &[EngineerId]) -> Wanted {
    wanted.engineers.sort_by_key(|id| !mine.contains(id));
    wanted
}

async fn wanted_by(conn: &mut Conn, booking_id: BookingId) -> Result<Vec<Wanted>, Error> {
    let rows: Vec<(AddOnId, Jsonb<Vec<EngineerId>>, i32)> = booking_add_ons::table
        .inner_join(add_ons::table)
        .filter(booking_add_ons::booking_id.eq(booking_id))
        .order(add_ons::id)
        .select((add_ons::id, add_ons::engineers, booking_add_ons::quantity))
        .load(conn)
        .await?;
    let wanted = |(add_on_id, Jsonb(engineers), quantity): (_, Jsonb<Vec<EngineerId>>, i32)| Wanted {
        add_on_id,
        engineers,
        quantity: usize::try_from(quantity).unwrap_or(usize::MAX),
    };
    Ok(rows.into_iter().map(wanted).filter(|wanted| !wanted.engineers.is_empty()).collect())
}

async fn assigned_to(conn: &mut Conn, booking_id: BookingId) -> Result<Vec<EngineerId>, Error> {
    let mine = occupancies::table.filter(occupancies::booking_id.eq(booking_id)).filter(occupancies::active);
    Ok(mine.select(occupancies::engineer_id).load(conn).await?)
}

/// True when as many as are wanted for each add-on come at this very time.
async fn has_all(conn: &mut Conn, booking_id: BookingId, interval: Interval, wanted: &[Wanted]) -> Result<bool, Error> {
    let coming = occupancies::table
        .filter(occupancies::booking_id.eq(booking_id))
        .filter(occupancies::active)
        .filter(occupancies::period.eq(new_period(interval)));
    let coming: Vec<Option<AddOnId>> = coming.select(occupancies::add_on_id).load(conn).await?;
    let for_it = |wanted: &Wanted| coming.iter().filter(|id| **id == Some(wanted.add_on_id)).count();
    Ok(wanted.iter().all(|wanted| for_it(wanted) == wanted.quantity))
}

async fn working_of(conn: &mut Conn, ids: &[EngineerId]) -> Result<Vec<EngineerId>, Error> {
    use crate::schema::engineers;
    let working = engineers::table.filter(engineers::id.eq_any(ids)).filter(engineers::retired.eq(false));
    Ok(working.select(engineers::id).load(conn).await?)
}

/// Locks an engineer's calendar and frees it of holds whose time is over, by the instant that is taken under the lock.
pub async fn release_lapsed_in_tx(
    conn: &mut Conn,
    id: EngineerId,
    interval: Interval,
    now: impl FnOnce() -> Timestamp,
) -> Result<(), Error> {
    lock_working(conn, &[id]).await?;
    release_lapsed(conn, &[id], interval, now()).await
}

/// Frees engineers of holds whose time is over. Their bookings are somebody else's to expire; what they lose here is
/// theirs no more.
async fn release_lapsed(
    conn: &mut Conn,
    engineers: &[EngineerId],
    interval: Interval,
    now: Timestamp,
) -> Result<(), Error> {
    let ids: Vec<uuid::Uuid> = engineers.iter().map(|id| id.uuid()).collect();
    diesel::sql_query(
        "UPDATE engineer_occupancies o SET active = false FROM bookings b
         WHERE b.id = o.booking_id AND o.active AND o.engineer_id = ANY ($1) AND o.period && tstzrange($2, $3, '[)')
           AND b.status = 'held' AND b.hold_expires_at <= $4",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(ids)
    .bind::<sql_types::Timestamptz, _>(interval.start().to_diesel())
    .bind::<sql_types::Timestamptz, _>(interval.end().to_diesel())
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .execute(conn)
    .await?;
    Ok(())
}

/// Who of them is booked, or away, in an interval. A hold that has lapsed keeps nobody busy.
async fn busy_in(
    conn: &mut Conn,
    engineers: &[EngineerId],
    interval: Interval,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<BTreeSet<EngineerId>, Error> {
    let counts = bookings::status
        .nullable()
        .is_distinct_from("held")
        .or(bookings::hold_expires_at.nullable().gt(Some(now).to_diesel()));
    let busy: Vec<EngineerId> = occupancies::table
        .left_join(bookings::table.on(bookings::id.nullable().eq(occupancies::booking_id)))
        .filter(occupancies::active)
        .filter(occupancies::engineer_id.eq_any(engineers))
        .filter(occupancies::period.overlaps_with(new_period(interval)))
        .filter(occupancies::booking_id.is_distinct_from(except))
        .filter(counts)
        .select(occupancies::engineer_id)
        .load(conn)
        .await?;
    Ok(busy.into_iter().collect())
}

async fn occupy(
    conn: &mut Conn,
    booking_id: BookingId,
    interval: Interval,
    assigned: &[(AddOnId, EngineerId)],
) -> Result<(), Error> {
    let kept: Vec<EngineerId> = assigned.iter().map(|(_, id)| *id).collect();
    let others = occupancies::table.filter(occupancies::booking_id.eq(booking_id));
    diesel::update(others.filter(occupancies::engineer_id.ne_all(kept)))
        .set(occupancies::active.eq(false))
        .execute(conn)
        .await?;
    let rows: Vec<_> = assigned
        .iter()
        .map(|(add_on_id, engineer_id)| {
            (
                occupancies::id.eq(kernel::new_uuid()),
                occupancies::engineer_id.eq(*engineer_id),
                occupancies::period.eq(new_period(interval)),
                occupancies::kind.eq("booking"),
                occupancies::booking_id.eq(booking_id),
                occupancies::add_on_id.eq(*add_on_id),
                occupancies::active.eq(true),
            )
        })
        .collect();
    diesel::insert_into(occupancies::table)
        .values(rows)
        .on_conflict((occupancies::booking_id, occupancies::engineer_id))
        .do_update()
        .set((
            occupancies::period.eq(excluded(occupancies::period)),
            occupancies::add_on_id.eq(excluded(occupancies::add_on_id)),
            occupancies::active.eq(true),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
