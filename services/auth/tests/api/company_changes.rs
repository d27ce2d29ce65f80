use contracts::auth::v1::{ApiKeyRevoked, CompanyDeleted, CompanyUpdated, MembershipChanged};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, Person, claims, text};

async fn update(auth: &Auth, by: &Person, company: &str, (name, slug): (&str, &str)) -> TestResponse {
    let body = json!({"name": name, "slug": slug, "vat_id": "DE123456789"});
    auth.send("PUT", &format!("/api/companies/{company}"), &auth.identity(by).await, Some(body)).await
}

async fn show(auth: &Auth, by: &Person, reference: &str) -> TestResponse {
    auth.send("GET", &format!("/api/companies/{reference}"), &by.identity, None).await
}

/// What booking and the ledger say when they are asked.
fn owes(auth: &Auth, company: &str, (bookings, settled): (i64, bool)) {
    let path = format!("/internal/companies/{company}");
    auth.service.peers.get(&format!("{path}/upcoming-bookings"), json!({"count": bookings}));
    auth.service.peers.get(&format!("{path}/settlement"), json!({"settled": settled}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_still_found_under_the_slugs_it_had() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let updated = update(&auth, &ada, &company, ("Kellerklang", "kellerklang")).await.expect(200);
    assert_eq!((&updated["slug"], &updated["vat_id"]), (&json!("kellerklang"), &json!("DE123456789")));
    for slug in ["keller", "kellerklang"] {
        assert_eq!(show(&auth, &ada, slug).await.expect(200)["slug"], "kellerklang");
    }
    let told = auth.service.events::<CompanyUpdated>().await.remove(0);
    assert_eq!((told.slug.as_str(), told.name.as_str(), told.country.as_str()), ("kellerklang", "Kellerklang", "DE"));

    // Another company gets neither; the company itself may go back.
    let eve = auth.person("eve@example.com").await;
    let other = auth.company(&eve, "Keller").await;
    assert_eq!(show(&auth, &eve, &other).await.expect(200)["slug"], "keller-2");
    for taken in ["keller", "kellerklang"] {
        update(&auth, &eve, &other, ("Keller", taken)).await.expect_problem(409, "slug_taken");
    }
    update(&auth, &ada, &company, ("Keller", "keller")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_many_want_at_once_goes_to_one() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let mut companies = Vec::new();
    for _ in 0..5 {
        companies.push(auth.company(&ada, "Keller").await);
    }
    let answers = join_all(companies.iter().map(|company| update(&auth, &ada, company, ("Best", "best")))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())));
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_and_managers_change_a_company_and_others_do_not() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let manager = auth.colleague(&ada, &company, ("max@example.com", "manager")).await;
    let staff = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    update(&auth, &manager, &company, ("Keller", "keller")).await.expect(200);
    update(&auth, &staff, &company, ("Keller", "keller")).await.expect_problem(403, "insufficient_role");
    update(&auth, &eve, &company, ("Keller", "keller")).await.expect_problem(404, "not_found");
    for (field, value) in
        [("slug", json!("admin")), ("name", json!("")), ("vat_id", json!("?")), ("currency", json!("USD"))]
    {
        let mut body = json!({"name": "Keller", "slug": "keller"});
        body[field] = value;
        let path = format!("/api/companies/{company}");
        let answer = auth.send("PUT", &path, &auth.identity(&ada).await, Some(body)).await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_company_is_gone_with_its_members_keys_and_invitations() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let staff = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    let link = auth.invite(&ada, &company, ("grace@example.com", "staff")).await;
    let owner = auth.identity(&ada).await;
    let path = format!("/api/companies/{company}");
    let key = json!({"name": "Till", "scopes": ["bookings:read"]});
    let key = auth.send("POST", &format!("{path}/api-keys"), &owner, Some(key)).await.expect(201);
    owes(&auth, &company, (0, true));
    auth.send("DELETE", &path, &owner, None).await.expect(204);

    for reference in [&*company, "keller"] {
        show(&auth, &ada, reference).await.expect_problem(404, "not_found");
    }
    assert_eq!(auth.send("GET", "/api/companies", &owner, None).await.expect(200)["data"], json!([]));
    for person in [&ada, &staff] {
        assert_eq!(claims(&auth.identity(person).await)["companies"], json!([]));
    }
    auth.send("DELETE", &path, &owner, None).await.expect_problem(404, "not_found");
    let offer = auth.service.get(&format!("/api/teams/invitations/{link}/offer")).send().await;
    offer.expect_problem(410, "invitation_withdrawn");
    let gateway = auth.service_token("gateway", "auth").await;
    let body = json!({"api_key": key["api_key"]});
    let answer = auth.post("/internal/api-key-identity-tokens", body).bearer(&gateway).send().await;
    answer.expect_problem(401, "invalid_api_key");

    assert_eq!(auth.service.events::<CompanyDeleted>().await.remove(0).company_id, company);
    let told = auth.service.events::<MembershipChanged>().await;
    let left: Vec<_> = told.iter().filter(|event| event.role.is_empty()).map(|event| event.user_id.clone()).collect();
    assert_eq!(left.len(), 2);
    assert_eq!(auth.service.events::<ApiKeyRevoked>().await.len(), 1);
    // Its name leads nobody else to what was its page.
    let again = json!({"name": "Keller", "slug": "keller", "country": "DE", "currency": "EUR"});
    auth.send("POST", "/api/companies", &owner, Some(again)).await.expect_problem(409, "slug_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_owes_something_is_not_closed() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let manager = auth.colleague(&ada, &company, ("max@example.com", "manager")).await;
    let owner = auth.identity(&ada).await;
    let path = format!("/api/companies/{company}");
    // Nobody has answered: that is no permission.
    auth.send("DELETE", &path, &owner, None).await.expect_problem(503, "unavailable");
    for (state, code) in [((1, true), "company_has_bookings"), ((0, false), "company_has_money")] {
        owes(&auth, &company, state);
        auth.send("DELETE", &path, &owner, None).await.expect_problem(409, code);
    }
    owes(&auth, &company, (0, true));
    auth.send("DELETE", &path, &manager.identity, None).await.expect_problem(403, "insufficient_role");
    let eve = auth.person("eve@example.com").await;
    auth.send("DELETE", &path, &eve.identity, None).await.expect_problem(404, "not_found");
    assert!(auth.service.events::<CompanyDeleted>().await.is_empty());
    show(&auth, &ada, &company).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_a_team_is_on_record() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let sue = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    let owner = auth.identity(&ada).await;
    let promote = json!({"user_id": sue.id});
    auth.send("POST", &format!("/api/companies/{company}/admins"), &owner, Some(promote)).await.expect(200);
    let key = json!({"name": "Till", "scopes": ["bookings:read"]});
    let keys = format!("/api/companies/{company}/api-keys");
    let key = auth.send("POST", &keys, &owner, Some(key)).await.expect(201);
    auth.send("DELETE", &format!("{keys}/{}", text(&key["id"])), &owner, None).await.expect(204);
    owes(&auth, &company, (0, true));
    auth.send("DELETE", &format!("/api/companies/{company}"), &owner, None).await.expect(204);

    let admin = auth.person("root@example.com").await;
    auth::admin::create_platform_admin(&auth.service.db, "root@example.com", "Root", "ignored password".into())
        .await
        .unwrap();
    let admin = auth.identity(&admin).await;
    let trail =
        auth.send("GET", &format!("/api/admin/audit?company={company}&limit=100"), &admin, None).await.expect(200);
    let mut kinds: Vec<String> = trail["data"].as_array().unwrap().iter().map(|event| text(&event["kind"])).collect();
    kinds.reverse();
    assert_eq!(
        kinds,
        [
            "company_created",
            "invitation_sent",
            "member_added",
            "invitation_accepted",
            "member_role_changed",
            "api_key_created",
            "api_key_revoked",
            "company_deleted",
        ]
    );
    let all = trail.to_string();
    assert!(!all.contains("example.com") && !all.contains("rtk_"), "ids only: {all}");
    let added: &Value =
        trail["data"].as_array().unwrap().iter().find(|event| event["kind"] == "member_role_changed").unwrap();
    assert_eq!((&added["actor_id"], &added["subject_id"]), (&json!(ada.id), &json!(sue.id)));
}
