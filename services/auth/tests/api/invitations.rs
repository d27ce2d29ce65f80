use contracts::auth::v1::{InvitationRequested, MembershipChanged, UserRegistered};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, Person, claims, text};

async fn invite(auth: &Auth, by: &Person, company: &str, email: &str, role: &str) -> TestResponse {
    let body = json!({"company_id": company, "email": email, "role": role});
    auth.send("POST", "/api/teams/invite", &auth.identity(by).await, Some(body)).await
}

async fn accept(auth: &Auth, secret: &str, identity: Option<&str>, body: Value) -> TestResponse {
    let request = auth.service.post(&format!("/api/teams/invitations/{secret}/accept"));
    let request = if body.is_null() { request } else { request.json(body) };
    match identity {
        Some(identity) => request.bearer(identity).send().await,
        None => request.send().await,
    }
}

fn new_person() -> Value {
    json!({"name": "Grace Hopper", "password": PASSWORD})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_an_account_accepts_signed_in() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let grace = auth.person("Grace@Example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let invitation = invite(&auth, &ada, &company, "grace@example.com", "manager").await.expect(201);
    assert_eq!(invitation["state"], "open");
    let told = auth.service.events::<InvitationRequested>().await.remove(0);
    assert_eq!((told.email.as_str(), told.company_name.as_str()), ("grace@example.com", "Keller"));
    let secret = auth.mint_invitation(&told.invitation_id).await;

    let offer = auth.service.get(&format!("/api/teams/invitations/{secret}/offer")).send().await.expect(200);
    assert_eq!((&offer["company_name"], &offer["role"]), (&json!("Keller"), &json!("manager")));
    let accepted = accept(&auth, &secret, Some(&grace.identity), Value::Null).await.expect(200);
    assert_eq!((&accepted["company_id"], &accepted["tokens"]), (&json!(company), &json!(null)));
    assert_eq!(claims(&auth.identity(&grace).await)["companies"], json!([{"id": company, "role": "manager"}]));
    accept(&auth, &secret, Some(&grace.identity), Value::Null).await.expect_problem(410, "invitation_accepted");
    let path = format!("/api/teams/invitations?company_id={company}");
    let listed = auth.send("GET", &path, &auth.identity(&ada).await, None).await.expect(200);
    assert_eq!(listed["data"][0]["state"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_registers_by_the_link_and_is_verified_by_it() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let secret = auth.invite(&ada, &company, ("grace@example.com", "staff")).await;
    for body in [Value::Null, json!({"name": "Grace"}), json!({"password": PASSWORD})] {
        accept(&auth, &secret, None, body).await.expect_problem(422, "validation_failed");
    }
    for body in [json!({"name": "", "password": PASSWORD}), json!({"name": "G", "password": "short"})] {
        accept(&auth, &secret, None, body).await.expect_problem(422, "validation_failed");
    }
    let accepted = accept(&auth, &secret, None, new_person()).await.expect(200);
    let user = &accepted["tokens"]["user"];
    assert_eq!((&user["email"], &user["email_verified"]), (&json!("grace@example.com"), &json!(true)));
    assert_eq!(user["companies"][0]["id"], json!(company));
    auth.log_in("grace@example.com", PASSWORD).await.expect(200);
    assert_eq!(auth.service.events::<UserRegistered>().await.len(), 2);
}

/// Whoever registered the invited address before, without owning it, gains nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_account_is_taken_over_by_the_owner_of_the_mailbox() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    auth.register("grace@example.com").await.expect(202);
    let secret = auth.invite(&ada, &company, ("grace@example.com", "staff")).await;
    let body = json!({"name": "Grace", "password": "the password of Grace"});
    accept(&auth, &secret, None, body).await.expect(200);
    auth.log_in("grace@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.log_in("grace@example.com", "the password of Grace").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_for_the_account_of_its_address_alone() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    auth.person("grace@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let secret = auth.invite(&ada, &company, ("grace@example.com", "owner")).await;
    let foreign = accept(&auth, &secret, Some(&eve.identity), Value::Null).await;
    foreign.expect_problem(403, "invitation_for_another_address");
    accept(&auth, &secret, None, new_person()).await.expect_problem(409, "account_exists");
    for unknown in ["x", "rto_0123456789012345678901234567890123456789012", "%00"] {
        accept(&auth, unknown, Some(&eve.identity), Value::Null).await.expect_problem(404, "not_found");
        accept(&auth, unknown, None, new_person()).await.expect_problem(404, "not_found");
        let offer = auth.service.get(&format!("/api/teams/invitations/{unknown}/offer")).send().await;
        offer.expect_problem(404, "not_found");
    }
    assert_eq!(auth.service.events::<MembershipChanged>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_over_after_a_week_and_when_it_is_withdrawn_or_sent_again() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let made = invite(&auth, &ada, &company, "grace@example.com", "staff").await.expect(201);
    let path = format!("/api/teams/invitations/{}", text(&made["id"]));
    let first = auth.mint_invitation(&text(&made["id"])).await;
    auth.service.advance_secs(7 * 24 * 3600).await;
    accept(&auth, &first, None, new_person()).await.expect_problem(410, "invitation_expired");

    let owner = auth.identity(&ada).await;
    let again = auth.send("POST", &format!("{path}/resend"), &owner, None).await.expect(200);
    assert_eq!((&again["state"], &again["id"]), (&json!("open"), &made["id"]));
    assert_eq!(auth.service.events::<InvitationRequested>().await.len(), 2);
    accept(&auth, &first, None, new_person()).await.expect_problem(404, "not_found");
    let second = auth.mint_invitation(&text(&made["id"])).await;

    auth.send("DELETE", &path, &owner, None).await.expect(204);
    accept(&auth, &second, None, new_person()).await.expect_problem(410, "invitation_withdrawn");
    auth.send("DELETE", &path, &owner, None).await.expect_problem(410, "invitation_withdrawn");
    auth.send("POST", &format!("{path}/resend"), &owner, None).await.expect_problem(410, "invitation_withdrawn");
    let token = auth.service_token("messaging", "auth").await;
    let mint = format!("/internal/invitations/{}/mint", text(&made["id"]));
    auth.service.post(&mint).bearer(&token).send().await.expect_problem(404, "not_found");
    invite(&auth, &ada, &company, "grace@example.com", "staff").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_once_however_many_follow_the_link_at_once() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let grace = auth.person("grace@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let secret = auth.invite(&ada, &company, ("grace@example.com", "staff")).await;
    let answers = join_all((0..10).map(|_| accept(&auth, &secret, Some(&grace.identity), Value::Null))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 410].contains(&answer.status.as_u16())));
    assert_eq!(auth.service.events::<MembershipChanged>().await.len(), 2);

    let secret = auth.invite(&ada, &company, ("new@example.com", "staff")).await;
    let answers = join_all((0..5).map(|_| accept(&auth, &secret, None, new_person()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 409, 410].contains(&answer.status.as_u16())));
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_invite_staff_and_only_owners_more() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let manager = auth.colleague(&ada, &company, ("max@example.com", "manager")).await;
    let staff = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    invite(&auth, &manager, &company, "a@example.com", "staff").await.expect(201);
    let by_owner = invite(&auth, &ada, &company, "b@example.com", "manager").await.expect(201);
    for role in ["manager", "owner"] {
        invite(&auth, &manager, &company, "c@example.com", role).await.expect_problem(403, "insufficient_role");
    }
    invite(&auth, &staff, &company, "c@example.com", "staff").await.expect_problem(403, "insufficient_role");
    invite(&auth, &eve, &company, "c@example.com", "staff").await.expect_problem(404, "not_found");
    let path = format!("/api/teams/invitations/{}", text(&by_owner["id"]));
    let list = format!("/api/teams/invitations?company_id={company}");
    for (person, status, code) in
        [(&manager, 403, "insufficient_role"), (&staff, 403, "insufficient_role"), (&eve, 404, "not_found")]
    {
        auth.send("DELETE", &path, &person.identity, None).await.expect_problem(status, code);
        auth.send("POST", &format!("{path}/resend"), &person.identity, None).await.expect_problem(status, code);
    }
    auth.send("GET", &list, &staff.identity, None).await.expect_problem(403, "insufficient_role");
    let first = auth.send("GET", &format!("{list}&limit=3"), &manager.identity, None).await.expect(200);
    assert_eq!(first["data"][0]["id"], by_owner["id"], "newest first");
    let next = format!("{list}&limit=3&cursor={}", text(&first["next_cursor"]));
    assert_eq!(auth.send("GET", &next, &manager.identity, None).await.expect(200)["data"].as_array().unwrap().len(), 1);
    let unknown = "/api/teams/invitations/ivt_01h455vb4pex5vsknk084sn02q";
    auth.send("DELETE", unknown, &ada.identity, None).await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_or_invited_is_not_invited_again() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    invite(&auth, &ada, &company, "ADA@example.com", "staff").await.expect_problem(409, "already_member");
    let answers = join_all((0..5).map(|_| invite(&auth, &ada, &company, "grace@example.com", "staff"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "already_invited");
    }
    for (field, value) in [("email", json!("nobody")), ("role", json!("admin")), ("company_id", json!("x"))] {
        let mut body = json!({"company_id": company, "email": "x@example.com", "role": "staff"});
        body[field] = value;
        let answer = auth.send("POST", "/api/teams/invite", &auth.identity(&ada).await, Some(body)).await;
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_cannot_flood_mailboxes() {
    let auth = Auth::with(&[("auth_invitations_per_day", "3")]).await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let first = invite(&auth, &ada, &company, "a@example.com", "staff").await.expect(201);
    let resend = format!("/api/teams/invitations/{}/resend", text(&first["id"]));
    let owner = auth.identity(&ada).await;
    auth.send("POST", &resend, &owner, None).await.expect(200);
    invite(&auth, &ada, &company, "b@example.com", "staff").await.expect(201);
    let refused = invite(&auth, &ada, &company, "c@example.com", "staff").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.expect_problem(429, "too_many_invitations");
    auth.send("POST", &resend, &owner, None).await.expect_problem(429, "too_many_invitations");
    assert_eq!(auth.service.events::<InvitationRequested>().await.len(), 3);
    auth.service.advance_secs(24 * 3600).await;
    invite(&auth, &ada, &company, "c@example.com", "staff").await.expect(201);
}

/// Many companies of one person are no way around the limit, and neither are many people with a company each.
#[tokio::test(flavor = "multi_thread")]
async fn neither_one_person_nor_many_companies_flood_mailboxes() {
    let settings = [("auth_invitations_per_day_of_inviter", "3"), ("auth_invitations_per_day_to_mailbox", "2")];
    let auth = Auth::with(&settings).await;
    let ada = auth.person("ada@example.com").await;
    let (first, second) = (auth.company(&ada, "Keller").await, auth.company(&ada, "Loft").await);
    for (company, email) in [(&first, "a@example.com"), (&first, "b@example.com"), (&second, "b@example.com")] {
        invite(&auth, &ada, company, email, "staff").await.expect(201);
    }
    let refused = invite(&auth, &ada, &second, "c@example.com", "staff").await;
    refused.expect_problem(429, "too_many_invitations");
    let bob = auth.person("bob@example.com").await;
    let third = auth.company(&bob, "Turm").await;
    let refused = invite(&auth, &bob, &third, "B@example.com", "staff").await;
    refused.expect_problem(429, "too_many_invitations");
    invite(&auth, &bob, &third, "a@example.com", "staff").await.expect(201);
    auth.service.advance_secs(24 * 3600).await;
    invite(&auth, &bob, &third, "b@example.com", "staff").await.expect(201);
    invite(&auth, &ada, &second, "c@example.com", "staff").await.expect(201);
}

/// Whoever may ask must not learn who has an account.
#[tokio::test(flavor = "multi_thread")]
async fn check_email_tells_a_registered_stranger_from_nobody_by_nothing() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    auth.person("registered@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let staff = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    invite(&auth, &ada, &company, "grace@example.com", "staff").await.expect(201);
    let owner = auth.identity(&ada).await;
    let check = async |identity: &str, email: &str| {
        let path = format!("/api/teams/check-email?company_id={company}&email={email}");
        auth.send("GET", &path, identity, None).await
    };
    let stranger = check(&owner, "registered@example.com").await.expect(200);
    assert_eq!(stranger, json!({"member": false, "invited": false}));
    assert_eq!(check(&owner, "nobody@example.com").await.expect(200), stranger);
    assert_eq!(check(&owner, "SUE@example.com").await.expect(200), json!({"member": true, "invited": false}));
    assert_eq!(check(&owner, "grace@example.com").await.expect(200), json!({"member": false, "invited": true}));
    check(&staff.identity, "nobody@example.com").await.expect_problem(403, "insufficient_role");
    let eve = auth.person("eve@example.com").await;
    check(&eve.identity, "registered@example.com").await.expect_problem(404, "not_found");
    check(&owner, "nobody").await.expect_problem(422, "invalid_query");
    auth.service.advance_secs(8 * 24 * 3600).await;
    assert_eq!(check(&auth.identity(&ada).await, "grace@example.com").await.expect(200), stranger);
}

/// Whoever could invite and cannot any more has left no door open, unless somebody who can has sent it again.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_with_the_power_of_whoever_sent_it() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let bob = auth.colleague(&ada, &company, ("bob@example.com", "owner")).await;
    let grace = auth.person("grace@example.com").await;
    let link = auth.invite(&bob, &company, ("grace@example.com", "owner")).await;
    let id = auth.service.events::<InvitationRequested>().await.pop().unwrap().invitation_id;
    let path = format!("/api/companies/{company}/admins/{}", bob.id);
    auth.send("DELETE", &path, &auth.identity(&ada).await, None).await.expect(204);

    let offer = auth.service.get(&format!("/api/teams/invitations/{link}/offer")).send().await;
    offer.expect_problem(410, "invitation_withdrawn");
    accept(&auth, &link, Some(&grace.identity), Value::Null).await.expect_problem(410, "invitation_withdrawn");
    accept(&auth, &link, None, new_person()).await.expect_problem(410, "invitation_withdrawn");

    let path = format!("/api/teams/invitations/{id}/resend");
    auth.send("POST", &path, &auth.identity(&ada).await, None).await.expect(200);
    let link = auth.mint_invitation(&id).await;
    accept(&auth, &link, Some(&grace.identity), Value::Null).await.expect(200);
}
