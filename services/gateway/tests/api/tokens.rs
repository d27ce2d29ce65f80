//! Attacks on access tokens, one row each.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use service_kit::identity::{Audience, TokenType};
use testkit::{TestKeys, TestService};

use crate::behind::{Behind, Client};

/// A token with any header; the signature is what `sign` makes of the rest.
fn forge(header: &Value, claims: &Value, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = BASE64.encode(sign(&message));
    format!("{message}.{signature}")
}

fn hs256(secret: &[u8], claims: &Value) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some("test-key".to_owned());
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn attacks(behind: &Behind, gateway: &TestService) -> Vec<(String, String)> {
    let now = gateway.now().as_second();
    let claims = Client::new().claims(now);
    let signed = |kind, claims: &Value| behind.keys.sign(kind, claims);
    let public = behind.keys.jwks()["keys"][0]["x"].as_str().unwrap().to_owned();
    let mut rows = Vec::new();
    let mut row = |name: &str, token: String| rows.push((name.to_owned(), token));

    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for signature in [&b""[..], b"x"] {
            let header = json!({"alg": alg, "typ": "at+jwt", "kid": "test-key"});
            row(&format!("alg {alg:?}"), forge(&header, &claims, |_| signature.to_vec()));
        }
    }
    row("HS256 with the public key", hs256(&BASE64.decode(&public).unwrap(), &claims));
    row("HS256 with the public key as text", hs256(public.as_bytes(), &claims));
    row("HS256 with the key set", hs256(behind.keys.jwks().to_string().as_bytes(), &claims));
    for alg in ["ES256", "EdDSA", "RS256"] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": "test-key"});
        row(&format!("{alg} with a signature of zeros"), forge(&header, &claims, |_| vec![0; 64]));
    }
    row("a foreign key of the same name", TestKeys::default().sign(TokenType::Access, &claims));
    for kid in ["unknown", "", "../../etc/passwd", "' OR 1=1 --", "http://evil.example/key"] {
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
        row(&format!("kid {kid:?}"), forge(&header, &claims, |_| vec![0; 64]));
    }
    // Signed by a stranger's key, which the header offers to verify with.
    let own = TestKeys::default();
    let plain = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "test-key"});
    row("a foreign key", own.sign_with_header(&plain, &claims));
    row("a key that is published no more", own.sign_with_header(&with(&plain, "kid", json!("retired-key")), &claims));
    for (name, value) in [
        ("jwk", own.jwks()["keys"][0].clone()),
        ("jku", json!("http://evil.example/jwks.json")),
        ("x5u", json!("http://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        row(&format!("{name} brought along"), own.sign_with_header(&with(&plain, name, value.clone()), &claims));
        let unnamed = without(&with(&plain, name, value), "kid");
        row(&format!("{name} in place of kid"), own.sign_with_header(&unnamed, &claims));
    }
    // Signed by the right key, and yet not what it has to be.
    let with_header = |header: Value| behind.keys.sign_with_header(&header, &claims);
    row("an extension that must be understood", with_header(with(&plain, "crit", json!(["exp-2"]))));
    row("crit that names nothing", with_header(with(&plain, "crit", json!([]))));
    row("no typ", with_header(without(&plain, "typ")));
    row("no kid", with_header(without(&plain, "kid")));
    for typ in ["JWT", "int+jwt", "svc+jwt", "at+jwt ", ""] {
        row(&format!("typ {typ:?}"), with_header(with(&plain, "typ", json!(typ))));
    }

    row("another audience", signed(TokenType::Access, &with(&claims, "aud", json!("internal"))));
    row("another issuer", signed(TokenType::Access, &with(&claims, "iss", json!("evil"))));
    row("expired", signed(TokenType::Access, &with(&claims, "exp", json!(now - 31))));
    row("an end beyond what auth grants", signed(TokenType::Access, &with(&claims, "exp", json!(now + 16 * 60))));
    row("an end that never comes", signed(TokenType::Access, &with(&claims, "exp", json!(i64::MAX))));
    row("not yet valid", signed(TokenType::Access, &with(&claims, "nbf", json!(now + 3600))));
    row("an expiry that is no number", signed(TokenType::Access, &with(&claims, "exp", json!("never"))));
    row(
        "somebody who is no user",
        signed(TokenType::Access, &with(&claims, "sub", json!("com_01h455vb4pex5vsknk084sn02q"))),
    );
    for name in ["aud", "iss", "exp", "sub", "sid"] {
        row(&format!("without {name}"), signed(TokenType::Access, &without(&claims, name)));
    }
    row("an internal token", signed(TokenType::Internal, &with(&claims, "aud", json!(Audience::INTERNAL))));
    row("an internal token for us", signed(TokenType::Internal, &claims));
    row("a service token", behind.keys.service_token("booking", "gateway"));
    row("a service token for us", signed(TokenType::Service, &claims));
    for (name, token) in
        [("no token", "x"), ("two dots", ".."), ("four parts", "a.b.c.d"), ("a refresh token", "rtr_x")]
    {
        row(name, token.to_owned());
    }
    row("a token of 9 kB", "a".repeat(9 * 1024));
    row("a token of 64 kB", "a".repeat(64 * 1024));
    let good = signed(TokenType::Access, &claims);
    row("a changed signature", format!("{}A", &good[..good.len() - 2]));
    row("a token cut short", good[..good.len() - 10].to_owned());
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_or_foreign_token_gets_through() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for (name, token) in attacks(&behind, &gateway) {
        let answer = gateway.get("/api/studios").bearer(&token).send().await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{name}");
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        assert!(code == "invalid_token" || code == "token_expired", "{name}: {code}");
    }
    assert_eq!(behind.exchanges(), 0, "auth hears of none of them");
    // The table would prove nothing if a good token were refused too.
    let good = behind.token(&gateway, Client::new());
    gateway.get("/api/studios").bearer(&good).send().await.expect(200);
}

/// A token that was found right a moment ago must not outlive the key it was signed with.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_use_ends_with_its_key() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    gateway.get("/api/studios").bearer(&token).send().await.expect(200);
    behind.withdraw_key();
    let unknown = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "unknown"});
    let unknown = forge(&unknown, &Client::new().claims(0), |_| vec![0; 64]);
    testkit::eventually("the token is refused", async || {
        // An unknown key makes the gateway read them all again.
        gateway.get("/api/studios").bearer(&unknown).send().await.expect_problem(401, "invalid_token");
        (gateway.get("/api/studios").bearer(&token).send().await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_megabyte_is_refused_without_harm() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let url = format!("{}/api/studios", gateway.url);
    let huge = gateway.client.get(&url).bearer_auth("a".repeat(1024 * 1024)).send().await;
    // The server may close the connection before it has read all of it.
    assert!(huge.is_err() || huge.unwrap().status().is_client_error());
    gateway.get("/api/studios").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doubtful_authorization_is_refused_and_one_elsewhere_not_read() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    let bearer = format!("Bearer {token}");
    let twice = gateway.get("/api/studios").header("authorization", &bearer).header("authorization", &bearer);
    twice.send().await.expect_problem(401, "invalid_token");
    for value in ["Basic dTpw", "Bearer", "Bearer ", &token] {
        gateway.get("/api/studios").header("authorization", value).send().await.expect_problem(401, "invalid_token");
    }
    let query = gateway.get(&format!("/api/studios?access_token={token}&token={token}")).send().await.expect(200);
    assert!(query["headers"].get("authorization").is_none(), "{query}");
}
