//! Somebody new in whatever role.

use auth::admin::{NewUser, Role, create_user};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    identity::{Identity, Owner},
    world::{World, text},
};
use crate::support::{PASSWORD, Person, TestPlatform};

impl World {
    /// Who asks; `None` for those who are no person.
    pub fn person(&self, identity: Identity, owner: &Owner) -> Option<&Person> {
        match (identity, owner) {
            (Identity::Anonymous | Identity::Service, _) => None,
            (Identity::Owner, Owner::Company) => Some(&self.scene.owner),
            (Identity::Owner, _) => Some(&self.scene.customer),
            (Identity::Manager, _) => Some(&self.manager),
            (Identity::OtherUser, _) => Some(&self.other_user),
            (Identity::OtherManager, _) => Some(&self.other_manager),
            (Identity::Staff, _) => Some(&self.staff),
            (Identity::Support, _) => Some(&self.support),
            (Identity::Admin, _) => Some(&self.scene.admin),
        }
    }

    /// Somebody new in the same role.
    pub async fn stand_in(&self, identity: Identity, owner: &Owner) -> Person {
        assert!(identity != Identity::Owner || *owner != Owner::Company, "nobody stands in for a company's owner");
        match identity {
            Identity::Staff => self.new_staff().await,
            Identity::Manager => hired(&self.platform, (&self.scene.owner, &self.scene.company_id), "manager").await,
            Identity::OtherManager => {
                hired(&self.platform, (&self.other_owner, &self.other_company_id), "manager").await
            }
            Identity::Support => new_support(&self.platform).await,
            Identity::Admin => Person::admin(&self.platform).await,
            _ => newcomer(&self.platform).await,
        }
    }

    pub async fn new_staff(&self) -> Person {
        hired(&self.platform, (&self.scene.owner, &self.scene.company_id), "staff").await
    }
}

pub fn fresh_email() -> String {
    format!("{}@example.com", kernel::new_uuid().simple())
}

/// A verified customer who works nowhere.
pub async fn newcomer(platform: &TestPlatform) -> Person {
    let (email, name, role) = (fresh_email(), "Nora".to_owned(), Role::Customer);
    let user = NewUser { email: email.clone(), password: PASSWORD.into(), name, role, platform_role: None };
    create_user(&platform.db("auth"), user).await.unwrap();
    Person::login(platform, &email).await
}

/// A newcomer who has accepted an invitation.
pub async fn hired(platform: &TestPlatform, (by, company_id): (&Person, &str), role: &str) -> Person {
    let person = newcomer(platform).await;
    let body = json!({"company_id": company_id, "email": person.email, "role": role});
    by.post(platform, "/api/teams/invite").json(body).send().await.expect(201);
    let token = mailed_token(platform, &person.email, "accept-invitation").await;
    let path = format!("/api/teams/invitations/{token}/accept");
    person.post(platform, &path).send().await.expect(200);
    person
}

/// A newcomer with the platform's role `support`, which only its operators give.
pub async fn new_support(platform: &TestPlatform) -> Person {
    let person = newcomer(platform).await;
    let statement = format!("UPDATE users SET platform_role = 'support' WHERE email = '{}'", person.email);
    let mut conn = platform.db("auth").conn().await.unwrap();
    assert_eq!(diesel::sql_query(statement).execute(&mut *conn).await.unwrap(), 1);
    // Roles stand in what auth says of a session when it is first seen.
    Person::login(platform, &person.email).await
}

/// The token of the newest mailed link to a page.
pub async fn mailed_token(platform: &TestPlatform, email: &str, page: &str) -> String {
    let (path, link) = (format!("/sandbox/mailbox?to={email}"), format!("/{page}?token="));
    testkit::eventually(&format!("a mail to {email} leads to {page}"), || async {
        let mails = platform.get(&path).send().await.expect(200);
        let links = mails["data"].as_array()?.iter().flat_map(|mail| mail["links"].as_array().into_iter().flatten());
        links.map(text).find_map(|url| url.split_once(&link).map(|(_, token)| token.to_owned()))
    })
    .await
}
