//! Which relay publishes which shard.
//!
//! A shard is published by whoever holds its lease, so that the order inside an aggregate survives several
//! processes. Leases end by the database's clock. Every process sees how many relays are alive and keeps to its
//! share. A relay that lost a lease without noticing publishes some events twice and can no longer mark them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use store::{Db, Error};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::store::{self as leases, ShardLease};

/// The leases of one relay.
pub(super) struct Leases {
    relay: Uuid,
    ttl: Duration,
    held: Mutex<Held>,
    doubted: Notify,
}

struct Held {
    /// Shard to fencing number.
    shards: BTreeMap<i16, i64>,
    /// When they end by our own, monotonic time, counted from before the database was asked.
    until: Instant,
}

impl Leases {
    pub(super) fn new(ttl: Duration) -> Self {
        let held = Held { shards: BTreeMap::new(), until: Instant::now() };
        Self { relay: kernel::new_uuid(), ttl, held: Mutex::new(held), doubted: Notify::new() }
    }

    /// Returns when it is time to renew: three renewals may fail before a lease ends.
    pub(super) async fn due(&self) {
        // Either is a reason; a timeout is the usual one.
        let _ = tokio::time::timeout(self.ttl / 4, self.doubted.notified()).await;
    }

    /// Another relay seems to have taken a shard: nothing more is published until the leases have been looked at.
    pub(super) fn doubt(&self) {
        self.set(Vec::new(), Instant::now());
        self.doubted.notify_one();
    }

    /// Shards with their fencing numbers; none when they could not be renewed in time.
    pub(super) fn held(&self) -> Vec<(i16, i64)> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() >= held.until {
            return Vec::new();
        }
        held.shards.iter().map(|(shard, fencing)| (*shard, *fencing)).collect()
    }

    fn set(&self, shards: Vec<(i16, i64)>, until: Instant) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) =
            Held { shards: shards.into_iter().collect(), until };
    }

    /// Renews what is ours, takes what is free up to our share, gives back what is above it.
    pub(super) async fn renew(&self, db: &Db) -> Result<(), Error> {
        let until = Instant::now() + self.ttl;
        let held = db
            .transaction(async |conn| {
                let shards = leases::lock_leases(conn).await?;
                let relays = leases::announce(conn, self.relay, self.ttl).await?;
                let (keep, give_back) = share(&shards, self.relay, relays);
                if !give_back.is_empty() {
                    leases::release(conn, self.relay, &give_back).await?;
                }
                leases::hold(conn, self.relay, &keep, self.ttl).await
            })
            .await?;
        self.set(held, until);
        Ok(())
    }

    /// Gives everything back at once, so that nobody waits for the leases to end.
    pub(super) async fn release(&self, db: &Db) -> Result<(), Error> {
        self.set(Vec::new(), Instant::now());
        db.transaction(async |conn| leases::leave(conn, self.relay).await).await
    }
}

/// The shards to hold and those to give back, when `relays` share them.
fn share(shards: &[ShardLease], relay: Uuid, relays: usize) -> (Vec<i16>, Vec<i16>) {
    let share = shards.len().div_ceil(relays.max(1));
    let (ours, others): (Vec<&ShardLease>, Vec<_>) = shards.iter().partition(|lease| lease.owner == Some(relay));
    let mut keep: Vec<i16> = ours.iter().map(|lease| lease.shard).collect();
    let give_back = keep.split_off(share.min(keep.len()));
    let free = others.iter().filter(|lease| lease.free).map(|lease| lease.shard);
    let wanted = share - keep.len();
    keep.extend(free.take(wanted));
    (keep, give_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Uuid = Uuid::from_u128(1);
    const THEM: Uuid = Uuid::from_u128(2);

    fn leases(owners: impl Fn(i16) -> (Option<Uuid>, bool)) -> Vec<ShardLease> {
        (0..16)
            .map(|shard| {
                let (owner, free) = owners(shard);
                ShardLease { shard, owner, free }
            })
            .collect()
    }

    #[test]
    fn a_lonely_relay_takes_every_free_shard() {
        let (keep, give_back) = share(&leases(|_| (None, true)), US, 1);
        assert_eq!((keep.len(), give_back.len()), (16, 0));
    }

    #[test]
    fn a_relay_that_sees_another_gives_half_back() {
        let (keep, give_back) = share(&leases(|_| (Some(US), false)), US, 2);
        assert_eq!(keep, (0..8).collect::<Vec<_>>());
        assert_eq!(give_back, (8..16).collect::<Vec<_>>());
    }

    #[test]
    fn what_another_holds_is_left_alone_until_its_lease_has_ended() {
        let (keep, _) = share(&leases(|shard| (Some(THEM), shard < 4)), US, 2);
        assert_eq!(keep, vec![0, 1, 2, 3]);
    }

    #[test]
    fn our_own_lapsed_lease_is_renewed_when_nobody_took_it() {
        let (keep, give_back) = share(&leases(|_| (Some(US), true)), US, 1);
        assert_eq!((keep.len(), give_back.len()), (16, 0));
    }

    #[test]
    fn more_relays_than_shards_leave_some_without() {
        let (keep, _) = share(&leases(|_| (Some(THEM), false)), US, 20);
        assert!(keep.is_empty());
    }
}
