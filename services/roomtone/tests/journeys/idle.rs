//! A platform that nobody uses.

use std::time::Duration;

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;

use crate::support::{Layout, SERVICES_WITH_DATABASE, TestPlatform};

/// Relays look forty times a second, the jobs of a service a few times more.
const MOST_PER_SECOND: i64 = 120;

#[derive(QueryableByName)]
struct Transactions {
    #[diesel(sql_type = BigInt)]
    ended: i64,
}

/// A job that wakes itself, or two that wake each other, keep a processor busy and are seen nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_with_nothing_to_do_let_the_database_rest() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    // PostgreSQL counts a second late.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = transactions(&platform).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = transactions(&platform).await;
    for (index, service) in SERVICES_WITH_DATABASE.iter().enumerate() {
        let rate = (after[index] - before[index]) / 3;
        assert!(rate <= MOST_PER_SECOND, "{service} asks its database {rate} times a second, for nothing");
    }
    platform.stop().await;
}

async fn transactions(platform: &TestPlatform) -> Vec<i64> {
    let mut ended = Vec::new();
    for service in SERVICES_WITH_DATABASE {
        let counted = diesel::sql_query(
            "SELECT xact_commit + xact_rollback AS ended FROM pg_stat_database WHERE datname = current_database()",
        );
        let mut conn = platform.db(service).conn().await.unwrap();
        ended.push(counted.get_result::<Transactions>(&mut *conn).await.unwrap().ended);
    }
    ended
}
