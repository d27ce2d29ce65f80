use contracts::auth::v1::{CompanyCreated, MembershipChanged};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, Person, claims, text};

fn company() -> Value {
    json!({"name": "Kellerklang GmbH", "country": "DE", "currency": "EUR"})
}

async fn create(auth: &Auth, person: &Person, body: Value) -> TestResponse {
    auth.post("/api/companies", body).bearer(&person.identity).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_user_founds_a_company_and_owns_it() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let mut body = company();
    body["vat_id"] = json!("DE 123 456 789");
    let created = create(&auth, &ada, body).await.expect(201);
    let id = text(&created["id"]);
    assert!(id.starts_with("com_"));
    assert_eq!(created["slug"], "kellerklang-gmbh");
    assert_eq!((&created["country"], &created["currency"]), (&json!("DE"), &json!("EUR")));
    assert_eq!(created["vat_id"], "DE123456789");

    // The next identity knows, and so does the profile.
    let identity = text(&auth.exchange(&ada.id, &ada.session_id).await.expect(200)["token"]);
    assert_eq!(claims(&identity)["companies"], json!([{"id": id, "role": "owner"}]));
    let me = auth.service.get("/api/auth/me").bearer(&identity).send().await.expect(200);
    let membership = json!({"id": id, "slug": "kellerklang-gmbh", "name": "Kellerklang GmbH", "role": "owner"});
    assert_eq!(me["companies"], json!([membership]));

    let told = auth.service.events::<CompanyCreated>().await.remove(0);
    assert_eq!((told.company_id, told.owner_user_id), (id.clone(), ada.id.clone()));
    assert_eq!(
        (told.owner_email.as_str(), told.country.as_str(), told.currency.as_str()),
        ("ada@example.com", "DE", "EUR")
    );
    let member = auth.service.events::<MembershipChanged>().await.remove(0);
    assert_eq!((member.company_id, member.user_id, member.role.as_str()), (id, ada.id, "owner"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_found_by_id_and_slug_and_its_vat_id_by_insiders() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let mut body = company();
    body["vat_id"] = json!("DE123456789");
    body["slug"] = json!("keller");
    let created = create(&auth, &ada, body).await.expect(201);
    let owner = text(&auth.exchange(&ada.id, &ada.session_id).await.expect(200)["token"]);
    for reference in ["keller", created["id"].as_str().unwrap()] {
        let path = format!("/api/companies/{reference}");
        let mine = auth.service.get(&path).bearer(&owner).send().await.expect(200);
        assert_eq!(mine, created);
        let theirs = auth.service.get(&path).bearer(&eve.identity).send().await.expect(200);
        assert!(theirs["vat_id"].is_null());
        auth.service.get(&path).send().await.expect_problem(401, "authentication_required");
    }
    for reference in ["nobody", "com_01h455vb4pex5vsknk084sn02q", "%00", "ä"] {
        let answer = auth.service.get(&format!("/api/companies/{reference}")).bearer(&eve.identity).send().await;
        answer.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mine_are_listed_by_page() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    for _ in 0..3 {
        create(&auth, &ada, company()).await.expect(201);
    }
    create(&auth, &eve, company()).await.expect(201);
    let list = async |query: &str| {
        auth.service.get(&format!("/api/companies{query}")).bearer(&ada.identity).send().await.expect(200)
    };
    let first = list("?limit=2").await;
    let second = list(&format!("?limit=2&cursor={}", text(&first["next_cursor"]))).await;
    let slugs =
        |page: &Value| page["data"].as_array().unwrap().iter().map(|row| text(&row["slug"])).collect::<Vec<_>>();
    assert_eq!(slugs(&first), ["kellerklang-gmbh", "kellerklang-gmbh-2"]);
    assert_eq!(slugs(&second), ["kellerklang-gmbh-3"]);
    assert!(second["next_cursor"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slug_belongs_to_one_company() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let mut body = company();
    body["slug"] = json!("keller");
    let answers = join_all((0..10).map(|_| create(&auth, &ada, body.clone()))).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        let problem = answer.expect_problem(409, "slug_taken");
        assert_eq!(problem["errors"][0]["pointer"], "/slug");
    }
    assert_eq!(auth.service.events::<CompanyCreated>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_of_one_name_founded_at_once_all_get_a_slug() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for answer in join_all((0..10).map(|_| create(&auth, &ada, company()))).await {
        answer.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_companies_are_refused_with_the_place() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(201))),
        ("slug", json!("Not a slug")),
        ("slug", json!("admin")),
        ("country", json!("XX")),
        ("country", json!("de")),
        ("currency", json!("XXX")),
        ("currency", json!("eur")),
        ("vat_id", json!("?")),
        ("owner", json!(ada.id)),
    ] {
        let mut body = company();
        body[field] = value;
        let problem = create(&auth, &ada, body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    create(&auth, &ada, json!({"name": "A"})).await.expect_problem(422, "validation_failed");
    auth.post("/api/companies", company()).send().await.expect_problem(401, "authentication_required");
    assert!(auth.service.events::<CompanyCreated>().await.is_empty());
}

/// All of a person's companies stand in their identity token, which must stay small.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_works_for_more_companies_than_a_token_holds() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let answers = join_all((0..52).map(|number| {
        let mut body = company();
        body["slug"] = json!(format!("company-{number}"));
        create(&auth, &ada, body)
    }))
    .await;
    let refused: Vec<TestResponse> = answers.into_iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 2);
    for answer in refused {
        answer.expect_problem(409, "too_many_companies");
    }
    let identity = text(&auth.exchange(&ada.id, &ada.session_id).await.expect(200)["token"]);
    assert!(identity.len() < 8 * 1024, "{}", identity.len());
    auth.service.get("/api/auth/me").bearer(&identity).send().await.expect(200);
}
