//! Moving the clock through time.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;
use kernel::clock::real_now;

use super::{
    services::{self, ClockState, NotFollowing},
    store,
};
use crate::{state::Sandbox, webhooks};

/// More instants than this are not walked through in one request.
const MOST_STEPS: u32 = 5_000;

/// Work that a service has not got done after so many runs at one instant is left to its own retries.
const MOST_RUNS: u32 = 5;

/// After each step the services may still tell each other of it. They are given this long between two looks, until
/// two looks agree.
const SETTLE: Duration = Duration::from_millis(25);
const MOST_LOOKS: u32 = 80;

#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    #[error(transparent)]
    NotFollowing(#[from] NotFollowing),
    #[error("stopped at {now} after {MOST_STEPS} instants at which something was due")]
    TooManySteps { now: Timestamp },
    #[error(transparent)]
    Store(#[from] ::store::Error),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Moves every clock ahead by `secs`, stopping at each instant on the way at which a job is due, so that the job sees
/// the time it was due at. Where it fails, the clocks stand where they had got to.
pub async fn advance(app: &Sandbox, secs: i64) -> Result<Timestamp, AdvanceError> {
    let _alone = app.moving.lock().await;
    let mut offset = stored_offset(app).await?;
    let target = offset.saturating_add(secs);
    let mut undone = Overdue::new();
    for _ in 0..MOST_STEPS {
        let states = arrive(app, offset, &mut undone).await?;
        if offset >= target {
            return Ok(app.clock.now());
        }
        offset = next_stop(&states, real_now(), offset, target);
    }
    Err(AdvanceError::TooManySteps { now: app.clock.now() })
}

/// Services with the instants at which they should have done something and have not.
type Overdue = BTreeSet<(String, Timestamp)>;

/// Sets every clock and waits until what was due then has been done and told. What was left undone at an earlier stop
/// is not waited for again.
async fn arrive(app: &Sandbox, offset: i64, undone: &mut Overdue) -> Result<Vec<ClockState>, AdvanceError> {
    save_offset(app, offset).await?;
    let mut run = 1;
    loop {
        services::move_all(app, offset).await?;
        let states = settled(app).await?;
        let overdue = overdue(app, &states);
        if run == MOST_RUNS || overdue.is_subset(undone) {
            for (service, due_at) in overdue.difference(undone) {
                tracing::warn!(service, %due_at, "work stays undone; the clock moves on");
            }
            *undone = overdue;
            return Ok(states);
        }
        run += 1;
    }
}

fn overdue(app: &Sandbox, states: &[ClockState]) -> Overdue {
    let named = app.config.clock_services.iter().zip(states);
    named
        .filter_map(|(service, state)| Some((service.clone(), state.next_due_at.filter(|due| *due <= state.now)?)))
        .collect()
}

/// Looks until nothing changes any more and every webhook has been tried once.
async fn settled(app: &Sandbox) -> Result<Vec<ClockState>, AdvanceError> {
    let mut before = due_instants(&services::read_all(app).await?);
    for _ in 0..MOST_LOOKS {
        tokio::time::sleep(SETTLE).await;
        let states = services::read_all(app).await?;
        let due = due_instants(&states);
        if due == before && webhooks::first_attempts_left(app).await? == 0 {
            return Ok(states);
        }
        before = due;
    }
    Ok(services::read_all(app).await?)
}

fn due_instants(states: &[ClockState]) -> Vec<Option<Timestamp>> {
    states.iter().map(|state| state.next_due_at).collect()
}

/// The offset at which the earliest instant ahead is reached, in whole seconds and never before it, at most `target`.
fn next_stop(states: &[ClockState], real_now: Timestamp, offset: i64, target: i64) -> i64 {
    let ahead = states.iter().filter_map(|state| state.next_due_at.filter(|due| *due > state.now));
    let Some(earliest) = ahead.min() else { return target };
    let needed = earliest.duration_since(real_now);
    let whole_secs = needed.as_secs() + i64::from(needed.subsec_nanos() > 0);
    // At least a second on, so that each step is one.
    whole_secs.max(offset + 1).min(target)
}

async fn stored_offset(app: &Sandbox) -> Result<i64, AdvanceError> {
    let mut conn = app.db.conn().await?;
    Ok(store::offset_secs(&mut conn).await?)
}

async fn save_offset(app: &Sandbox, offset: i64) -> Result<(), AdvanceError> {
    let mut conn = app.db.conn().await?;
    Ok(store::save_offset_secs(&mut conn, offset).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn state(now: &str, due: Option<&str>) -> ClockState {
        ClockState { now: at(now), next_due_at: due.map(at) }
    }

    #[test]
    fn the_clock_stops_at_the_earliest_instant_ahead() {
        let real = at("2027-01-01T00:00:00.5Z");
        let now = "2027-01-01T01:00:00.5Z";
        for (dues, stop) in [
            (vec![None, None], 86_400),
            (vec![Some("2027-01-01T01:30:00Z"), Some("2027-01-01T02:00:00Z")], 5_400),
            // Not before it: 1.25 seconds are two.
            (vec![Some("2027-01-01T01:00:01.75Z")], 3_602),
            // Already past: left to the service.
            (vec![Some("2027-01-01T00:59:00Z"), Some("2027-01-01T03:00:00.5Z")], 10_800),
            (vec![Some("2027-02-01T00:00:00Z")], 86_400),
        ] {
            let states: Vec<_> = dues.iter().map(|due| state(now, *due)).collect();
            assert_eq!(next_stop(&states, real, 3_600, 86_400), stop, "{dues:?}");
        }
    }

    #[test]
    fn each_step_is_at_least_a_second() {
        let states = [state("2027-01-01T01:00:00Z", Some("2027-01-01T01:00:00.000001Z"))];
        assert_eq!(next_stop(&states, at("2027-01-01T00:00:00.9Z"), 3_600, 86_400), 3_601);
    }
}
