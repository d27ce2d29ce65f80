//! What is over is forgotten, and only that.

use contracts::auth::v1::UserErased;
use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::{
    mfa::enrol,
    support::{Auth, PASSWORD, Person},
};

const DAY: i64 = 24 * 3600;

async fn count(auth: &Auth, table: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut conn = auth.service.db.conn().await.unwrap();
    let query = format!("SELECT count(*) AS count FROM {table}");
    diesel::sql_query(query).get_result::<Count>(&mut *conn).await.unwrap().count
}

async fn begin_everything(auth: &Auth, person: &Person) {
    let password = json!({"password": PASSWORD});
    auth.post_as(person, "/api/auth/passkeys/register/begin", password.clone()).await.expect(200);
    auth.post_as(person, "/api/auth/mfa/totp", password).await.expect(200);
    let wish = json!({"email": "new@example.com", "password": PASSWORD});
    auth.post_as(person, "/api/user/change-email", wish).await.expect(202);
    auth.asked("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.expect(202);
    auth.service.post("/api/auth/login/passkey/begin").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_business_is_forgotten_in_its_time() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    enrol(&auth, &eve).await;
    begin_everything(&auth, &ada).await;
    auth.service.run_jobs().await;
    let counts = async || {
        let mut counts = Vec::new();
        for table in ["passkey_ceremonies", "totp_factors", "email_changes", "recovery_codes"] {
            counts.push(count(&auth, table).await);
        }
        counts
    };
    assert_eq!(counts().await, [2, 2, 1, 10], "what may still be finished stays");
    auth.service.advance_secs(5 * 60).await;
    assert_eq!(counts().await, [0, 2, 1, 10]);
    auth.service.advance_secs(10 * 60).await;
    assert_eq!(counts().await, [0, 1, 1, 10], "an offer lapses, an enrolled factor stays");
    auth.service.advance_secs(8 * DAY).await;
    assert_eq!(counts().await, [0, 1, 0, 10], "a change of address goes with its links");
    assert_eq!(count(&auth, "one_time_tokens").await, 0);
    assert!(!auth.trail().await.is_empty(), "the trail stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_nobody_verifies_is_forgotten_and_others_are_told() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    auth.register("eve@example.com").await.expect(202);
    auth.service.advance_secs(4 * DAY).await;
    auth.asked("/api/auth/verify-email/resend", json!({"email": "eve@example.com"})).await.expect(202);
    auth.service.advance_secs(8 * DAY - 1).await;
    assert_eq!(count(&auth, "users").await, 2, "a late click is told what happened");
    let eve = auth.ordered_mails().await.pop().unwrap().user_id;
    auth.service.advance_secs(1).await;
    auth.service.run_jobs().await;
    assert_eq!(count(&auth, "users").await, 1);
    assert_eq!(
        auth.service.events::<UserErased>().await.iter().map(|event| &event.user_id).collect::<Vec<_>>(),
        [&eve]
    );
    auth.refresh(&ada.refresh_token).await.expect(200);
}
