use serde_json::json;
use testkit::TestKeys;

use crate::support::{Auth, claims, header, text};

const UNKNOWN_USER: &str = "usr_01h455vb4pex5vsknk084sn02q";
const UNKNOWN_SESSION: &str = "ses_01h455vb4pex5vsknk084sn02q";
const UNKNOWN_TOKEN: &str = "ott_01h455vb4pex5vsknk084sn02q";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_tokens_for_those_it_may_call() {
    let auth = Auth::start().await;
    let granted = auth.ask_for_service_token("billing", &auth.secret_of("billing"), "booking").await.expect(200);
    let token = text(&granted["access_token"]);
    assert_eq!(header(&token)["typ"], "svc+jwt");
    let claims = claims(&token);
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("billing"), &json!("booking")));
    assert_eq!(granted["expires_in"], 600);

    let secret = auth.secret_of("booking");
    let answer = auth.ask_for_service_token("booking", &secret, "ledger").await;
    answer.expect_problem(403, "audience_not_allowed");
    auth.ask_for_service_token("booking", &secret, "nobody").await.expect_problem(403, "audience_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_and_a_stranger_get_none() {
    let auth = Auth::start().await;
    let secret = auth.secret_of("gateway");
    for (service, secret) in [
        ("gateway", ""),
        ("gateway", "wrong"),
        ("booking", secret.as_str()),
        ("gateway ", secret.as_str()),
        // What the master key would give a name that is no service.
        ("stranger", &auth.secret_of("stranger")),
    ] {
        auth.ask_for_service_token(service, secret, "auth").await.expect_problem(401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_routes_are_for_the_services_they_name() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let routes = [
        ("POST", "/internal/identity-tokens".to_owned(), vec!["gateway"]),
        ("POST", "/internal/api-key-identity-tokens".to_owned(), vec!["gateway"]),
        ("POST", "/internal/invitations/ivt_01h455vb4pex5vsknk084sn02q/mint".to_owned(), vec!["messaging"]),
        ("POST", format!("/internal/one-time-tokens/{UNKNOWN_TOKEN}/mint"), vec!["messaging"]),
        ("GET", format!("/internal/users/{UNKNOWN_USER}"), vec!["messaging", "billing", "booking"]),
        (
            "GET",
            "/internal/companies/com_01h455vb4pex5vsknk084sn02q".to_owned(),
            vec!["booking", "billing", "ledger", "messaging"],
        ),
    ];
    for (method, path, allowed) in routes {
        let send = async |token: Option<&str>| {
            let request = auth.service.request(method.parse().unwrap(), &path);
            let body = json!({"user_id": UNKNOWN_USER, "session_id": UNKNOWN_SESSION});
            let request = if method == "POST" { request.json(body) } else { request };
            match token {
                Some(token) => request.bearer(token).send().await,
                None => request.send().await,
            }
        };
        send(None).await.expect_problem(401, "authentication_required");
        send(Some(&ada.identity)).await.expect_problem(401, "invalid_token");
        send(Some(&ada.access_token)).await.expect_problem(401, "invalid_token");
        let elsewhere = auth.service_token("billing", "booking").await;
        send(Some(&elsewhere)).await.expect_problem(401, "invalid_token");
        let forged = TestKeys::default().service_token(allowed[0], "auth");
        send(Some(&forged)).await.expect_problem(401, "invalid_token");
        for caller in ["gateway", "booking", "billing", "ledger", "messaging"] {
            let token = auth.service_token(caller, "auth").await;
            let status = send(Some(&token)).await.status.as_u16();
            assert_eq!(status != 403, allowed.contains(&caller), "{caller} {method} {path}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_token_says_who_somebody_is_right_now() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let answer = auth.exchange(&ada.id, &ada.session_id).await.expect(200);
    assert_eq!(answer["expires_in"], 300);
    let token = text(&answer["token"]);
    assert_eq!(header(&token)["typ"], "int+jwt");
    let claims = claims(&token);
    assert_eq!(
        (&claims["aud"], &claims["sub"], &claims["sid"]),
        (&json!("internal"), &json!(ada.id), &json!(ada.session_id))
    );
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("ada@example.com"), &json!(true)));
    assert_eq!((&claims["platform_role"], &claims["companies"]), (&json!(null), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_or_foreign_session_has_no_identity() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    for (user_id, session_id) in [
        (&ada.id, &eve.session_id),
        (&ada.id, &UNKNOWN_SESSION.to_owned()),
        (&UNKNOWN_USER.to_owned(), &ada.session_id),
    ] {
        auth.exchange(user_id, session_id).await.expect_problem(404, "not_found");
    }
    auth.exchange(&ada.session_id, &ada.id).await.expect_problem(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_look_up_users_and_companies() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = json!({"name": "Kellerklang", "country": "DE", "currency": "EUR"});
    let company = auth.post("/api/companies", company).bearer(&ada.identity).send().await.expect(201);

    let token = auth.service_token("billing", "auth").await;
    let get = async |path: String| auth.service.get(&path).bearer(&token).send().await;
    let user = get(format!("/internal/users/{}", ada.id)).await.expect(200);
    assert_eq!(user, json!({"id": ada.id, "email": "ada@example.com", "name": "Ada Lovelace", "email_verified": true}));
    let known = get(format!("/internal/companies/{}", text(&company["id"]))).await.expect(200);
    assert_eq!(
        known,
        json!({
            "id": company["id"], "slug": "kellerklang", "name": "Kellerklang", "country": "DE", "currency": "EUR",
            "staff": [ada.id],
        })
    );
    get(format!("/internal/users/{UNKNOWN_USER}")).await.expect_problem(404, "not_found");
    get(format!("/internal/users/{}", text(&company["id"]))).await.expect_problem(404, "not_found");
    get("/internal/companies/kellerklang".to_owned()).await.expect_problem(404, "not_found");
}

/// The gateway says how long it waits; nobody reads a later answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_time_is_over_is_answered_at_once() {
    let auth = Auth::start().await;
    let ask = |millis: &str| auth.service.get("/.well-known/jwks.json").header("x-roomtone-timeout-ms", millis).send();
    let late = ask("0").await;
    assert_eq!(late.headers["retry-after"], "1");
    late.expect_problem(503, "deadline_exceeded");
    ask("20000").await.expect(200);
    ask("soon").await.expect(200);
}
