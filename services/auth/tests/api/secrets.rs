use contracts::auth::v1::PasswordResetRequested;
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::{
    mfa::App,
    support::{Auth, PASSWORD, text},
};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Dump {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Everything the database holds, with bytes as readable text where they are any.
async fn dump(auth: &Auth) -> String {
    dump_without(auth, &[]).await
}

/// The same, except for some tables.
pub async fn dump_without(auth: &Auth, except: &[&str]) -> String {
    let mut conn = auth.service.db.conn().await.unwrap();
    let tables: Vec<Name> =
        diesel::sql_query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'")
            .load(&mut *conn)
            .await
            .unwrap();
    diesel::sql_query("SET bytea_output = 'escape'").execute(&mut *conn).await.unwrap();
    let mut all = String::new();
    for table in tables.into_iter().filter(|table| !except.contains(&&*table.name)) {
        let query = format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') AS text FROM {} t", table.name);
        all.push_str(&diesel::sql_query(query).get_result::<Dump>(&mut *conn).await.unwrap().text);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_database() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let link = auth.newest_secret().await;
    let tokens = auth.verify(&link).await.expect(200);
    let successor = auth.refresh(&text(&tokens["refresh_token"])).await.expect(200);
    auth.log_in("ada@example.com", "a wrong password").await;
    auth.register("bob@example.com").await.expect(202);
    let open_link = auth.newest_secret().await;
    let ada = auth.signed_in(&successor).await;
    let company = auth.company(&ada, "Keller").await;
    let invitation = auth.invite(&ada, &company, ("grace@example.com", "staff")).await;
    let key = json!({"name": "Till", "scopes": ["bookings:read"], "password": PASSWORD});
    let key = auth.send("POST", "/api/user/api-keys", &ada.identity, Some(key)).await.expect(201);

    let ada = auth.signed_in(&successor).await;
    let offer = auth.post_as(&ada, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await.expect(200);
    let app = App::new(&offer);
    let first_code = json!({"totp": app.code(&auth)});
    let enrolled = auth.post_as(&ada, "/api/auth/mfa/totp/confirm", first_code).await.expect(200);
    let recovery_code = text(&enrolled["recovery_codes"][0]);
    auth.asked("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.expect(202);
    let order = auth.service.events::<PasswordResetRequested>().await.pop().unwrap();
    let reset_link = auth.secret_of_mail(&order.token_id).await;

    let database = dump(&auth).await;
    assert!(database.contains("ada@example.com") && database.contains("$argon2id$"), "the dump is one");
    for secret in [
        PASSWORD,
        "a wrong password",
        &link,
        &open_link,
        &invitation,
        &text(&key["api_key"]),
        &text(&tokens["refresh_token"]),
        &text(&tokens["access_token"]),
        &text(&successor["refresh_token"]),
        &text(&offer["secret"]),
        &recovery_code,
        &recovery_code.replace('-', ""),
        &reset_link,
    ] {
        assert!(!database.contains(secret), "{secret}");
    }
    for prefix in ["rtr_", "rto_", "eyJ"] {
        assert!(!database.contains(prefix), "{prefix}");
    }
}
