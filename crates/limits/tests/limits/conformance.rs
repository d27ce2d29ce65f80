//! What every kind of bucket must do.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use limits::{Buckets, MemoryBuckets, Quota, RedisBuckets};

/// Nobody else's: Redis is shared by all tests.
fn client() -> String {
    kernel::new_uuid().to_string()
}

fn redis() -> Arc<dyn Buckets> {
    Arc::new(RedisBuckets::connect(&testkit::redis_url(), Duration::from_secs(20)).unwrap())
}

fn memory() -> Arc<dyn Buckets> {
    Arc::new(MemoryBuckets::default())
}

/// The first answer may take as long as connecting does.
async fn connected(buckets: Arc<dyn Buckets>) -> Arc<dyn Buckets> {
    let quota = Quota::per_minute("connecting", 1000);
    testkit::eventually("the buckets answer", || async { buckets.take(&quota, "connecting").await.ok() }).await;
    buckets
}

async fn gives_what_it_promises_and_no_more(buckets: Arc<dyn Buckets>) {
    let (quota, client) = (Quota::per_hour("suite", 5), client());
    for remaining in (0..5).rev() {
        let taken = buckets.take(&quota, &client).await.unwrap();
        assert!(taken.allowed && taken.retry_after.is_zero());
        assert_eq!(taken.remaining, remaining);
    }
    let refused = buckets.take(&quota, &client).await.unwrap();
    assert!(!refused.allowed);
    assert_eq!(refused.remaining, 0);
    assert!((719..=720).contains(&refused.retry_after_secs()), "{refused:?}");
    assert!((3599..=3600).contains(&refused.reset_after_secs()), "{refused:?}");
}

async fn many_at_once_get_no_more_than_one_after_the_other(buckets: Arc<dyn Buckets>) {
    let (quota, client) = (Quota::per_hour("suite", 10), client());
    let all = join_all((0..60).map(|_| buckets.take(&quota, &client))).await;
    assert_eq!(all.into_iter().filter(|taken| taken.as_ref().unwrap().allowed).count(), 10);
}

async fn clients_and_quotas_have_buckets_of_their_own(buckets: Arc<dyn Buckets>) {
    let (one, other) = (Quota::per_hour("suite", 1), Quota::per_hour("suite_other", 1));
    let (ada, bob) = (client(), client());
    for (quota, client, allowed) in
        [(&one, &ada, true), (&one, &ada, false), (&one, &bob, true), (&other, &ada, true), (&other, &ada, false)]
    {
        assert_eq!(buckets.take(quota, client).await.unwrap().allowed, allowed, "{} {client}", quota.name);
    }
}

async fn tokens_come_back_with_time(buckets: Arc<dyn Buckets>) {
    let quota = Quota { name: "suite", requests: 1, window: Duration::from_millis(300) };
    let client = client();
    assert!(buckets.take(&quota, &client).await.unwrap().allowed);
    assert!(!buckets.take(&quota, &client).await.unwrap().allowed);
    testkit::eventually("the token is back", || async {
        buckets.take(&quota, &client).await.unwrap().allowed.then_some(())
    })
    .await;
}

macro_rules! suite {
    ($($property:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $property() {
                super::$property(super::memory()).await;
            })*
        }
        mod in_redis {
            $(#[tokio::test]
            async fn $property() {
                super::$property(super::connected(super::redis()).await).await;
            })*
        }
    };
}

suite! {
    gives_what_it_promises_and_no_more,
    many_at_once_get_no_more_than_one_after_the_other,
    clients_and_quotas_have_buckets_of_their_own,
    tokens_come_back_with_time,
}
