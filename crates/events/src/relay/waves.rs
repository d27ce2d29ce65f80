//! Publishing a batch: order inside an aggregate, everything else side by side.

use std::{
    collections::{VecDeque, vec_deque},
    sync::Arc,
};

use crate::{Bus, Envelope, PublishOutcome, Settlement, relay::store::Unpublished};

/// Waves of one pass. What a long aggregate has left is read again, after the events that others have written
/// meanwhile had their turn.
const MAX_WAVES: usize = 32;

/// What became of a batch.
#[derive(Default)]
pub(super) struct Outcome {
    pub published: Vec<Unpublished>,
    pub pending: Vec<(Unpublished, Settlement)>,
    /// The reason of the last failure.
    pub failure: Option<String>,
}

impl Outcome {
    /// True when the bus took nothing at all.
    pub(super) fn is_stuck(&self) -> bool {
        self.failure.is_some() && self.published.is_empty() && self.pending.is_empty()
    }
}

/// Publishes rows that are in the order of their aggregates. The k-th wave has the k-th event of each aggregate, so
/// that an event leaves only after its predecessor has arrived; an aggregate whose event failed waits for the next
/// pass. A pending event is in the bus already and holds nobody up.
pub(super) async fn publish(bus: &dyn Bus, rows: Vec<Unpublished>) -> Outcome {
    let mut aggregates = by_aggregate(rows);
    let mut outcome = Outcome::default();
    for _ in 0..MAX_WAVES {
        aggregates.retain(|events| !events.is_empty());
        if aggregates.is_empty() {
            break;
        }
        let heads: Vec<Unpublished> = aggregates.iter_mut().filter_map(VecDeque::pop_front).collect();
        let wave: Vec<Arc<Envelope>> = heads.iter().map(|row| Arc::clone(&row.envelope)).collect();
        let answers = bus.publish(&wave).await;
        for ((row, answer), rest) in heads.into_iter().zip(answers).zip(aggregates.iter_mut()) {
            match answer {
                PublishOutcome::Published => outcome.published.push(row),
                PublishOutcome::Pending(settlement) => outcome.pending.push((row, settlement)),
                PublishOutcome::Failed(reason) => {
                    outcome.failure = Some(reason);
                    rest.clear();
                }
            }
        }
    }
    outcome
}

fn by_aggregate(rows: Vec<Unpublished>) -> Vec<VecDeque<Unpublished>> {
    let mut aggregates: Vec<VecDeque<Unpublished>> = Vec::new();
    for row in rows {
        match aggregates.last_mut() {
            Some(events) if same_aggregate(events.iter(), &row) => events.push_back(row),
            _ => aggregates.push(VecDeque::from([row])),
        }
    }
    aggregates
}

fn same_aggregate(events: vec_deque::Iter<'_, Unpublished>, row: &Unpublished) -> bool {
    let key = |row: &Unpublished| (row.envelope.aggregate_id, row.envelope.aggregate_type.clone());
    events.last().is_some_and(|last| key(last) == key(row))
}
