use auth::admin::{NewUser, PlatformRole, Role, create_platform_admin, create_user, set_platform_role};
use contracts::auth::v1::{UserRegistered, UserUpdated, UserVerified};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Auth, PASSWORD};

fn owner() -> NewUser {
    NewUser {
        email: "Owner@example.com".to_owned(),
        password: PASSWORD.into(),
        name: "Otto Owner".to_owned(),
        role: Role::StudioOwner,
        platform_role: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn made_again_an_account_is_the_same() {
    let auth = Auth::start().await;
    let ids = join_all((0..5).map(|_| create_user(&auth.service.db, owner()))).await;
    let ids: Vec<_> = ids.into_iter().map(|id| id.unwrap()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let changed = NewUser { password: "quite another password".into(), ..owner() };
    assert_eq!(create_user(&auth.service.db, changed).await.unwrap(), ids[0]);

    let tokens = auth.log_in("owner@example.com", PASSWORD).await.expect(200);
    assert_eq!(tokens["user"]["role"], "studio_owner");
    assert!(tokens["user"]["platform_role"].is_null());
    assert_eq!(auth.service.events::<UserRegistered>().await.len(), 1);
    assert_eq!(auth.service.events::<UserVerified>().await.len(), 1);
    assert!(auth.ordered_mails().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_one_in_the_next_token() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let id =
        create_platform_admin(&auth.service.db, "ada@example.com", "Ada", "ignored password".into()).await.unwrap();
    assert_eq!(id.to_string(), ada.id);
    let tokens = auth.log_in("ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(tokens["user"]["platform_role"], "admin");
    assert_eq!(tokens["user"]["name"], "Ada Lovelace", "an account that exists keeps its name and password");
}

/// Gateways and mails know people by what they were told: who is told nothing goes on with the old rights and name.
#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_rights_and_names_is_told() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let db = &auth.service.db;
    set_platform_role(db, "ADA@example.com", Some(PlatformRole::Support)).await.unwrap();
    assert_eq!(auth.log_in("ada@example.com", PASSWORD).await.expect(200)["user"]["platform_role"], "support");
    set_platform_role(db, "ada@example.com", None).await.unwrap();
    assert!(auth.log_in("ada@example.com", PASSWORD).await.expect(200)["user"]["platform_role"].is_null());
    auth.send("POST", "/api/user/set-role", &ada.identity, Some(json!({"role": "studio_owner"}))).await.expect(200);
    auth.send("PUT", "/api/user/update", &ada.identity, Some(json!({"name": "Ada King"}))).await.expect(200);
    let told: Vec<_> = auth.service.events::<UserUpdated>().await.into_iter().map(|event| event.name).collect();
    assert_eq!(told, ["Ada Lovelace", "Ada Lovelace", "Ada Lovelace", "Ada King"]);
    assert_eq!(auth.trail_of("platform_role_granted").await.len(), 1);
    assert_eq!(auth.trail_of("platform_role_revoked").await.len(), 1);
    assert!(set_platform_role(db, "nobody@example.com", None).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_support_agent_is_no_administrator() {
    let auth = Auth::start().await;
    create_user(&auth.service.db, NewUser { platform_role: Some(PlatformRole::Support), ..owner() }).await.unwrap();
    let tokens = auth.log_in("owner@example.com", PASSWORD).await.expect(200);
    assert_eq!(tokens["user"]["platform_role"], "support");
}

/// Whoever registered the address before must not become an administrator by it.
#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_account_is_taken_over_with_the_new_password() {
    let auth = Auth::start().await;
    auth.register("admin@example.com").await.expect(202);
    let strangers_link = auth.newest_secret().await;
    create_platform_admin(&auth.service.db, "admin@example.com", "Ada", "the admin's password".into()).await.unwrap();
    auth.log_in("admin@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    auth.verify(&strangers_link).await.expect_problem(410, "one_time_token_used");
    let tokens = auth.log_in("admin@example.com", "the admin's password").await.expect(200);
    assert_eq!(tokens["user"]["platform_role"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_for_passwords_and_addresses_hold_here_too() {
    let auth = Auth::start().await;
    let short = NewUser { password: "short".into(), ..owner() };
    assert!(create_user(&auth.service.db, short).await.is_err());
    let nowhere = NewUser { email: "nowhere".to_owned(), ..owner() };
    assert!(create_user(&auth.service.db, nowhere).await.is_err());
}
