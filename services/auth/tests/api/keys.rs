use auth::keys::{Sealer, revoke_key, rotate_keys};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Bytea},
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use testkit::TestService;

use crate::support::{Auth, header, text};

async fn kids(auth: &Auth) -> Vec<String> {
    let jwks = auth.service.get("/.well-known/jwks.json").send().await.expect(200);
    jwks["keys"].as_array().unwrap().iter().map(|key| text(&key["kid"])).collect()
}

async fn rotate(auth: &Auth) -> auth::keys::Rotated {
    let sealer = Sealer::from_source(&auth.service.platform.source).unwrap();
    rotate_keys(&auth.service.db, &sealer, auth.service.now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_has_public_ed25519_keys_only() {
    let auth = Auth::start().await;
    let jwks = auth.service.get("/.well-known/jwks.json").send().await.expect(200);
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the active and the next key");
    for key in keys {
        let mut members: Vec<&String> = key.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "and no private part");
        for (member, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
            assert_eq!(key[member], Value::from(value));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_moves_every_key_one_step_and_no_token_fails() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let before = kids(&auth).await;
    let active = text(&header(&ada.access_token)["kid"]);
    let rotated = rotate(&auth).await;
    assert!(rotated.active != active && before.contains(&rotated.active), "a key that everybody knows already");
    assert_eq!(kids(&auth).await.len(), 3);

    // Reloaded, the service signs with it; what the old key has signed is still good.
    auth.service.run_jobs().await;
    let tokens = auth.refresh(&ada.refresh_token).await.expect(200);
    assert_eq!(text(&header(&text(&tokens["access_token"]))["kid"]), rotated.active);
    auth.service.get("/api/auth/me").bearer(&ada.identity).send().await.expect(200);
    let fresh = auth.signed_in(&tokens).await;
    auth.service.get("/api/auth/me").bearer(&fresh.identity).send().await.expect(200);

    auth.service.advance_secs(3600).await;
    let left = kids(&auth).await;
    assert!(
        left.len() == 2 && left.contains(&rotated.active) && left.contains(&rotated.next),
        "a retired key is gone when its tokens are over"
    );
}

/// A leaked key must be out at once, whatever it was for, and the others have to go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_published_no_more_and_another_signs() {
    let auth = Auth::start().await;
    let sealer = Sealer::from_source(&auth.service.platform.source).unwrap();
    let ada = auth.person("ada@example.com").await;
    let first = text(&header(&ada.access_token)["kid"]);
    let retiring = rotate(&auth).await;
    let published = kids(&auth).await;
    for kid in [&first, &retiring.active, &retiring.next] {
        assert!(published.contains(kid));
        let after = revoke_key(&auth.service.db, &sealer, kid, auth.service.now()).await.unwrap();
        let left = kids(&auth).await;
        assert!(!left.contains(kid), "{kid} is out");
        assert_eq!(left.len(), 2, "one signs and one is next");
        assert!(left.contains(&after.active) && left.contains(&after.next));
    }
    assert!(revoke_key(&auth.service.db, &sealer, &first, auth.service.now()).await.is_err(), "it is gone already");
    let told = (auth.trail_of("signing_keys_rotated").await.len(), auth.trail_of("signing_key_revoked").await.len());
    assert_eq!(told, (1, 3));
    // Who was signed in stays so.
    auth.service.run_jobs().await;
    let tokens = auth.refresh(&ada.refresh_token).await.expect(200);
    assert!(kids(&auth).await.contains(&text(&header(&text(&tokens["access_token"]))["kid"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_start_at_once_share_their_keys() {
    let first = Auth::start().await;
    let second = TestService::builder(auth::service()).on_database(first.service.database()).start().await;
    let second = Auth { service: second };
    assert_eq!(kids(&first).await, kids(&second).await);
    assert_eq!(kids(&first).await.len(), 2);
    let ada = first.person("ada@example.com").await;
    second.service.get("/api/auth/me").bearer(&ada.identity).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_made_at_once_are_made_once() {
    let auth = Auth::start().await;
    let source = &auth.service.platform.source;
    let mut conn = auth.service.db.conn().await.unwrap();
    diesel::sql_query("DELETE FROM signing_keys").execute(&mut *conn).await.unwrap();
    let keyrings: Vec<auth::keys::Keyring> = (0..8)
        .map(|_| auth::keys::Keyring::new(auth.service.db.clone(), Sealer::from_source(source).unwrap()))
        .collect();
    let now = auth.service.now();
    for loaded in futures_util::future::join_all(keyrings.iter().map(|keyring| keyring.load(now))).await {
        loaded.unwrap();
    }
    assert_eq!(kids(&auth).await.len(), 2);
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = Bytea)]
    sealed_private_key: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn private_keys_are_sealed_at_rest() {
    let auth = Auth::start().await;
    let mut conn = auth.service.db.conn().await.unwrap();
    let query = "SELECT sealed_private_key, octet_length(sealed_private_key)::bigint AS size FROM signing_keys";
    let rows: Vec<Sealed> = diesel::sql_query(query).load(&mut *conn).await.unwrap();
    // The DER that every Ed25519 private key begins with (RFC 8410).
    let der = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
    for row in rows {
        assert_eq!(row.size, 12 + 48 + 16);
        assert!(!row.sealed_private_key.windows(der.len()).any(|window| window == der));
    }
}
