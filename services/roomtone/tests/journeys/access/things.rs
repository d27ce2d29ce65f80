//! Things that an operation uses up: a new one for whoever is let in.

use std::sync::atomic::Ordering;

use diesel::{QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use kernel::{OneTimeTokenId, UserId};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::{
    people::{fresh_email, mailed_token, newcomer},
    world::{World, found_company, register_passkey, session_id, text},
};
use crate::support::{PASSWORD, Person};

impl World {
    /// Start and end of a slot that nobody has.
    pub async fn slot(&self) -> (String, String) {
        self.scene.slot(&self.platform, self.day.fetch_add(1, Ordering::Relaxed)).await
    }

    /// Every time a later one.
    pub fn slot_number(&self) -> i64 {
        self.day.fetch_add(1, Ordering::Relaxed)
    }

    /// A booking of the customer that waits for its payment, or in a room on request for an answer.
    pub async fn booking_in(&self, room_id: &str) -> String {
        let (starts_at, ends_at) = self.slot().await;
        let body = json!({"room_id": room_id, "starts_at": starts_at, "ends_at": ends_at});
        let booking = self.scene.customer.post_once(&self.platform, "/api/bookings", body).await.expect(201);
        text(&booking["id"]).to_owned()
    }

    /// The same person on another device, and the session there.
    pub async fn other_device(&self, person: &Person) -> (Person, String) {
        let device = Person::login(&self.platform, &person.email).await;
        let id = session_id(&self.platform, &device).await;
        (device, id)
    }

    pub async fn api_key(&self, owner: &Person, path: &str) -> String {
        let key = json!({"name": "Till", "scopes": ["bookings:read"]});
        text(&self.post(owner, path, key).await["id"]).to_owned()
    }

    pub async fn personal_api_key(&self, owner: &Person) -> String {
        let key = json!({"name": "Script", "scopes": ["bookings:read"], "password": PASSWORD});
        text(&self.post(owner, "/api/user/api-keys", key).await["id"]).to_owned()
    }

    pub async fn passkey_id(&self, person: &Person) -> String {
        register_passkey(&self.platform, person).await.1
    }

    pub async fn company(&self) -> String {
        found_company(&self.platform, &self.scene.owner).await
    }

    /// An open invitation of a company of the owner.
    pub async fn invitation(&self, company_id: &str, email: &str) -> String {
        let body = json!({"company_id": company_id, "email": email, "role": "staff"});
        text(&self.post(&self.scene.owner, "/api/teams/invite", body).await["id"]).to_owned()
    }

    /// The token of an invitation's link.
    pub async fn invitation_token(&self, email: &str) -> String {
        self.invitation(&self.things.second_company_id, email).await;
        mailed_token(&self.platform, email, "accept-invitation").await
    }

    /// The token that verifies a new registration.
    pub async fn verification_token(&self) -> String {
        let email = fresh_email();
        let body = json!({"email": email, "password": PASSWORD, "name": "Nora", "role": "customer"});
        self.platform.post("/api/auth/register").json(body).send().await.expect(202);
        mailed_token(&self.platform, &email, "verify-email").await
    }

    pub async fn reset_token(&self) -> String {
        let person = newcomer(&self.platform).await;
        let body = json!({"email": person.email});
        self.platform.post("/api/auth/password/forgot").json(body).send().await.expect(202);
        mailed_token(&self.platform, &person.email, "reset-password").await
    }

    pub async fn email_change_token(&self) -> String {
        let (person, email) = (newcomer(&self.platform).await, fresh_email());
        self.post(&person, "/api/user/change-email", json!({"email": email, "password": PASSWORD})).await;
        mailed_token(&self.platform, &email, "confirm-email").await
    }

    /// A one-time token of the other user that may still be mailed.
    pub async fn one_time_token_id(&self) -> String {
        let person = &self.other_user;
        self.platform.post("/api/auth/password/forgot").json(json!({"email": person.email})).send().await.expect(202);
        let user_id = person.id.parse::<UserId>().unwrap().uuid();
        let query = format!(
            "SELECT id FROM one_time_tokens WHERE user_id = '{user_id}' AND purpose = 'reset_password' \
             AND used_at IS NULL AND superseded_at IS NULL",
        );
        let db = self.platform.db("auth");
        let id = testkit::eventually("a link to choose a new password is ordered", || async {
            let mut conn = db.conn().await.unwrap();
            let rows: Vec<IdRow> = diesel::sql_query(&query).load(&mut *conn).await.unwrap();
            rows.into_iter().next().map(|row| row.id)
        });
        OneTimeTokenId::from_uuid(id.await).to_string()
    }

    /// Begins to enrol an app for codes, and answers what the app shows now.
    pub async fn totp_code(&self, person: &Person) -> String {
        let offer = self.post(person, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await;
        let secret = Secret::try_from_base32(text(&offer["secret"])).unwrap();
        let app: Totp = Builder::new().with_secret(secret).build().unwrap();
        let clock = self.platform.get("/sandbox/clock").send().await.expect(200);
        let now: jiff::Timestamp = text(&clock["now"]).parse().unwrap();
        app.generate(u64::try_from(now.as_second()).unwrap()).to_string()
    }

    /// Enrols the person; answers a recovery code.
    pub async fn recovery_code(&self, person: &Person) -> Value {
        let body = json!({"totp": self.totp_code(person).await});
        self.post(person, "/api/auth/mfa/totp/confirm", body).await["recovery_codes"][0].clone()
    }
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: uuid::Uuid,
}
