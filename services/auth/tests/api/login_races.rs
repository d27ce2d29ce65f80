//! A password takes its time to hash. What happens to the account meanwhile decides.

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use futures_util::future::join;
use testkit::{TestResponse, eventually};
use tokio::sync::Notify;

use crate::support::{Auth, PASSWORD};

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether somebody waits for a lock in the service's database.
async fn somebody_waits(auth: &Auth) -> Option<()> {
    let query = "SELECT count(*) AS count FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut conn = auth.service.db.conn().await.unwrap();
    let waiting: Waiting = diesel::sql_query(query).get_result(&mut *conn).await.unwrap();
    (waiting.count > 0).then_some(())
}

/// A login with the right password, overtaken by `change` after its password was compared and before it is decided.
async fn overtaken_by(auth: &Auth, change: &str) -> TestResponse {
    auth.log_in("ada@example.com", "wrong").await.expect_problem(401, "invalid_credentials");
    let locked = Notify::new();
    let overtake = auth.service.db.transaction(async |conn| {
        // As a reset does: the count of failures first, for which the login waits, then the account.
        diesel::sql_query("SELECT 1 FROM login_failures FOR UPDATE").execute(conn).await?;
        locked.notify_one();
        eventually("the login has compared its password and waits", || somebody_waits(auth)).await;
        diesel::sql_query(change).execute(conn).await?;
        Ok::<_, store::Error>(())
    });
    let log_in = async {
        locked.notified().await;
        auth.log_in("ada@example.com", PASSWORD).await
    };
    let (overtaken, answer) = join(overtake, log_in).await;
    overtaken.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_hashing_does_not_survive_a_new_password() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    let reset = "UPDATE users SET password_hash = password_hash || 'x'";
    overtaken_by(&auth, reset).await.expect_problem(401, "invalid_credentials");
    let reasons = auth.trail_of("logged_in").await;
    assert_eq!(reasons.last().unwrap().1.as_deref(), Some("wrong_password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_hashing_does_not_survive_the_erasure_of_its_account() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    let erasure = "UPDATE users SET erased_at = now()";
    overtaken_by(&auth, erasure).await.expect_problem(401, "invalid_credentials");
}

/// The same way without an obstacle: the two above are refused for what came in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_had_to_wait_is_decided_by_the_account_as_it_is() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    overtaken_by(&auth, "UPDATE users SET name = 'Countess of Lovelace'").await.expect(200);
}
