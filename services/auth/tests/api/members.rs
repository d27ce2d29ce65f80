use contracts::auth::v1::MembershipChanged;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, Person, text};

const UNKNOWN_USER: &str = "usr_01h455vb4pex5vsknk084sn02q";

async fn remove(auth: &Auth, company: &str, by: &Person, who: &Person) -> TestResponse {
    let path = format!("/api/teams/members/{}?company_id={company}", who.id);
    auth.send("DELETE", &path, &by.identity, None).await
}

async fn add(auth: &Auth, company: &str, by: &Person, (user_id, role): (&str, &str)) -> TestResponse {
    let body = json!({"company_id": company, "user_id": user_id, "role": role});
    auth.send("POST", "/api/teams/members", &by.identity, Some(body)).await
}

async fn roles(auth: &Auth, company: &str, by: &Person) -> Vec<(String, String)> {
    let path = format!("/api/teams/members?company_id={company}");
    let page = auth.send("GET", &path, &auth.identity(by).await, None).await.expect(200);
    let row = |row: &Value| (text(&row["email"]), text(&row["role"]));
    page["data"].as_array().unwrap().iter().map(row).collect()
}

struct Team {
    auth: Auth,
    company: String,
    owner: Person,
    manager: Person,
    staff: Person,
    stranger: Person,
}

async fn team() -> Team {
    let auth = Auth::start().await;
    let founder = auth.person("ada@example.com").await;
    let stranger = auth.person("eve@example.com").await;
    let company = auth.company(&founder, "Keller").await;
    let manager = auth.colleague(&founder, &company, ("max@example.com", "manager")).await;
    let staff = auth.colleague(&founder, &company, ("sue@example.com", "staff")).await;
    let owner = Person { identity: auth.identity(&founder).await, ..founder };
    Team { auth, company, owner, manager, staff, stranger }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_team_page_by_page_and_strangers_see_none() {
    let Team { auth, company, owner, staff, stranger, .. } = team().await;
    let expected = [("ada@example.com", "owner"), ("max@example.com", "manager"), ("sue@example.com", "staff")];
    let mut seen = roles(&auth, &company, &staff).await;
    seen.sort();
    assert_eq!(seen, expected.map(|(email, role)| (email.to_owned(), role.to_owned())));
    let path = format!("/api/teams/members?company_id={company}");
    let first = auth.send("GET", &format!("{path}&limit=2"), &owner.identity, None).await.expect(200);
    let next = format!("{path}&limit=2&cursor={}", text(&first["next_cursor"]));
    let second = auth.send("GET", &next, &owner.identity, None).await.expect(200);
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (2, 1));
    auth.send("GET", &path, &stranger.identity, None).await.expect_problem(404, "not_found");
    auth.service.get(&path).send().await.expect_problem(401, "authentication_required");
    for query in ["", "?company_id=x", "?company_id=usr_01h455vb4pex5vsknk084sn02q"] {
        let answer = auth.send("GET", &format!("/api/teams/members{query}"), &owner.identity, None).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_leave_and_are_removed_by_those_above_them() {
    let Team { auth, company, owner, manager, staff, stranger } = team().await;
    remove(&auth, &company, &stranger, &staff).await.expect_problem(404, "not_found");
    remove(&auth, &company, &staff, &manager).await.expect_problem(403, "insufficient_role");
    remove(&auth, &company, &manager, &owner).await.expect_problem(403, "insufficient_role");
    remove(&auth, &company, &owner, &stranger).await.expect_problem(404, "not_found");
    remove(&auth, &company, &manager, &staff).await.expect(204);
    remove(&auth, &company, &manager, &manager).await.expect(204);
    // What was true when the token was made is true no more.
    remove(&auth, &company, &manager, &owner).await.expect_problem(404, "not_found");
    assert_eq!(roles(&auth, &company, &owner).await.len(), 1);
    let told = auth.service.events::<MembershipChanged>().await;
    let left: Vec<&str> = told.iter().filter(|event| event.role.is_empty()).map(|event| &*event.user_id).collect();
    assert_eq!(left, [&*staff.id, &*manager.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_neither_leaves_nor_is_made_less() {
    let Team { auth, company, owner, manager, .. } = team().await;
    remove(&auth, &company, &owner, &owner).await.expect_problem(409, "last_owner");
    add(&auth, &company, &owner, (&owner.id, "staff")).await.expect_problem(409, "last_owner");
    let path = format!("/api/companies/{company}/admins/{}", owner.id);
    auth.send("DELETE", &path, &owner.identity, None).await.expect_problem(409, "last_owner");
    add(&auth, &company, &owner, (&manager.id, "owner")).await.expect(200);
    remove(&auth, &company, &owner, &owner).await.expect(204);
    assert_eq!(roles(&auth, &company, &manager).await[0].1, "owner");
}

/// Two owners who go at the same moment must not leave the company without one.
#[tokio::test(flavor = "multi_thread")]
async fn of_owners_who_go_at_once_one_stays() {
    for round in 0..5 {
        let auth = Auth::start().await;
        let ada = auth.person("ada@example.com").await;
        let company = auth.company(&ada, "Keller").await;
        let bob = auth.colleague(&ada, &company, ("bob@example.com", "owner")).await;
        let ada = Person { identity: auth.identity(&ada).await, ..ada };
        let demote = format!("/api/companies/{company}/admins/{}", ada.id);
        let answers = join_all([
            Box::pin(remove(&auth, &company, &ada, &ada)) as futures_util::future::LocalBoxFuture<'_, TestResponse>,
            Box::pin(remove(&auth, &company, &bob, &bob)),
            Box::pin(auth.send("DELETE", &demote, &bob.identity, None)),
        ])
        .await;
        assert!(answers.iter().all(|answer| answer.status.as_u16() < 500), "round {round}");
        let mut owners = 0;
        for person in [&ada, &bob] {
            let profile = auth.send("GET", "/api/user/me", &person.identity, None).await.expect(200);
            let companies = profile["companies"].as_array().unwrap();
            owners += companies.iter().filter(|company| company["role"] == "owner").count();
        }
        assert_eq!(owners, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_make_admins_and_managers_do_not() {
    let Team { auth, company, owner, manager, staff, stranger } = team().await;
    let path = format!("/api/companies/{company}/admins");
    let body = |user: &str| Some(json!({"user_id": user}));
    auth.send("POST", &path, &manager.identity, body(&staff.id)).await.expect_problem(403, "insufficient_role");
    auth.send("POST", &path, &stranger.identity, body(&staff.id)).await.expect_problem(404, "not_found");
    for nobody in [&stranger.id, UNKNOWN_USER] {
        auth.send("POST", &path, &owner.identity, body(nobody)).await.expect_problem(404, "not_found");
    }
    let wrong = Some(json!({"user_id": staff.id, "role": "staff"}));
    auth.send("POST", &path, &owner.identity, wrong).await.expect_problem(422, "validation_failed");
    let promoted = auth.send("POST", &path, &owner.identity, body(&staff.id)).await.expect(200);
    assert_eq!((&promoted["role"], &promoted["email"]), (&json!("manager"), &json!("sue@example.com")));
    let one = format!("{path}/{}", staff.id);
    auth.send("DELETE", &one, &manager.identity, None).await.expect_problem(403, "insufficient_role");
    auth.send("DELETE", &one, &owner.identity, None).await.expect(204);
    let unknown = format!("{path}/{}", stranger.id);
    auth.send("DELETE", &unknown, &owner.identity, None).await.expect_problem(404, "not_found");
    assert!(roles(&auth, &company, &owner).await.contains(&("sue@example.com".into(), "staff".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_handed_over_to_a_member() {
    let Team { auth, company, owner, manager, staff, stranger } = team().await;
    let path = format!("/api/companies/{company}/transfer-ownership");
    let body = |user: &Person| Some(json!({"user_id": user.id}));
    auth.send("POST", &path, &manager.identity, body(&manager)).await.expect_problem(403, "insufficient_role");
    auth.send("POST", &path, &owner.identity, body(&stranger)).await.expect_problem(404, "not_found");
    let new_owner = auth.send("POST", &path, &owner.identity, body(&staff)).await.expect(200);
    assert_eq!(new_owner["role"], "owner");
    let seen = roles(&auth, &company, &staff).await;
    assert!(seen.contains(&("ada@example.com".into(), "manager".into())), "{seen:?}");
    // The former owner's identity still says owner for a moment; the database knows better.
    auth.send("POST", &path, &owner.identity, body(&owner)).await.expect_problem(403, "insufficient_role");
}

/// Nobody is made a member without having agreed to work with the one who does it.
#[tokio::test(flavor = "multi_thread")]
async fn only_colleagues_from_another_company_are_added_without_being_asked() {
    let Team { auth, owner, manager, staff, stranger, .. } = team().await;
    let garage = auth.company(&owner, "Garage").await;
    let owner = Person { identity: auth.identity(&owner).await, ..owner };
    for nobody in [&*stranger.id, UNKNOWN_USER] {
        add(&auth, &garage, &owner, (nobody, "staff")).await.expect_problem(404, "not_found");
    }
    assert_eq!(add(&auth, &garage, &owner, (&staff.id, "manager")).await.expect(201)["role"], "manager");
    assert_eq!(add(&auth, &garage, &owner, (&staff.id, "staff")).await.expect(200)["role"], "staff");
    add(&auth, &garage, &manager, (&staff.id, "staff")).await.expect_problem(404, "not_found");
    add(&auth, &garage, &owner, (&staff.id, "boss")).await.expect_problem(422, "validation_failed");
    // Somebody who is only staff elsewhere runs nothing there and can bring nobody.
    let shed = auth.company(&staff, "Shed").await;
    let staff = Person { identity: auth.identity(&staff).await, ..staff };
    add(&auth, &shed, &staff, (&manager.id, "staff")).await.expect_problem(404, "not_found");
}
