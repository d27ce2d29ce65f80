//! Things that an operation uses up: a new one for whoever is let in.

use std::sync::atomic::Ordering;

use diesel::{QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use kernel::{BookingId, CompanyId, OneTimeTokenId, PayoutReceiverId, UserId};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::{
    people::{fresh_email, mailed_token, newcomer},
    world::{PNG, World, found_company, register_passkey, session_id, text},
};
use crate::support::{PASSWORD, Person, studio};

/// A calendar that nobody imports yet. Nobody answers there.
pub fn calendar() -> Value {
    json!({"name": "Band", "url": format!("https://calendar.invalid/{}.ics", kernel::new_uuid())})
}

impl World {
    /// A feed of the customer: its id and its token.
    pub async fn calendar_feed(&self) -> (String, String) {
        let feed = self.post(&self.scene.customer, "/api/calendar/feeds", json!({})).await;
        (text(&feed["id"]).to_owned(), text(&feed["token"]).to_owned())
    }

    /// A calendar that the room imports.
    pub async fn calendar_import(&self) -> String {
        let path = format!("/api/rooms/{}/calendars", self.scene.room_id);
        text(&self.post(&self.scene.owner, &path, calendar()).await["id"]).to_owned()
    }

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

    /// A studio without rooms.
    pub async fn studio(&self) -> String {
        let body = json!({
            "company_id": self.scene.company_id, "name": "Dachboden", "city_id": self.scene.city_id,
            "address": {"line1": "Dudenstraße 12", "postal_code": "10965"}, "latitude": 52.4846, "longitude": 13.3826,
        });
        text(&self.post(&self.scene.owner, "/api/studios", body).await["id"]).to_owned()
    }

    /// A room without prices, bookings and photos.
    pub async fn room(&self) -> String {
        let body = studio::room(&self.scene.studio_id, "instant");
        text(&self.post(&self.scene.owner, "/api/rooms", body).await["id"]).to_owned()
    }

    /// A room with one photo.
    pub async fn room_photo(&self) -> (String, String) {
        let room_id = self.room().await;
        let path = format!("/api/rooms/{room_id}/photos");
        let upload = self.scene.owner.post(&self.platform, &path).raw("image/png", PNG).send().await;
        (room_id, text(&upload.expect(201)["id"]).to_owned())
    }

    /// Far ahead, so that it is in nobody's way.
    pub async fn blackout(&self, studio_id: &str) -> String {
        let path = format!("/api/studios/{studio_id}/blackouts");
        let body = json!({"first_day": "2090-12-24"});
        text(&self.post(&self.scene.owner, &path, body).await["id"]).to_owned()
    }

    /// A hold for a guest, made by the company's owner.
    pub async fn guest_booking(&self) -> String {
        let (starts_at, ends_at) = self.slot().await;
        let body = json!({
            "room_id": self.scene.room_id, "starts_at": starts_at, "ends_at": ends_at, "customer": {"name": "Caller"},
        });
        let booking = self.scene.owner.post_once(&self.platform, "/api/bookings", body).await.expect(201);
        text(&booking["id"]).to_owned()
    }

    /// The token of a link with which a guest pays for a booking, or takes it over.
    pub async fn booking_link(&self) -> String {
        let path = format!("/api/bookings/{}/links", self.guest_booking().await);
        text(&self.post(&self.scene.owner, &path, json!({})).await["token"]).to_owned()
    }

    /// One date of the room on a free day, as a series.
    pub async fn series_body(&self) -> Value {
        let (starts_at, _) = self.slot().await;
        json!({
            "room_id": self.scene.room_id, "starts_at": starts_at, "duration_minutes": 60, "rule": "FREQ=DAILY;COUNT=1",
        })
    }

    /// A series of the customer.
    pub async fn series(&self) -> String {
        let body = self.series_body().await;
        let series = self.scene.customer.post_once(&self.platform, "/api/bookings/series", body).await.expect(201);
        text(&series["id"]).to_owned()
    }

    /// Something to wait for: a slot that somebody has.
    pub async fn wish(&self) -> Value {
        self.taken_slot().await.0
    }

    /// The customer's place in a queue.
    pub async fn waiting(&self) -> String {
        let wish = self.wish().await;
        text(&self.post(&self.scene.customer, "/api/bookings/waitlist", wish).await["id"]).to_owned()
    }

    /// The same when it is the customer's turn.
    pub async fn offered(&self) -> String {
        let (wish, booking_id) = self.taken_slot().await;
        let entry = self.post(&self.scene.customer, "/api/bookings/waitlist", wish).await;
        self.post(&self.scene.owner, &format!("/api/bookings/{booking_id}/cancel"), json!({})).await;
        let path = format!("/api/bookings/waitlist/{}", text(&entry["id"]));
        testkit::eventually("the slot is offered", || async {
            let entry = self.scene.customer.get(&self.platform, &path).send().await.expect(200);
            (entry["state"] == "offered").then_some(())
        })
        .await;
        text(&entry["id"]).to_owned()
    }

    async fn taken_slot(&self) -> (Value, String) {
        let (starts_at, ends_at) = self.slot().await;
        let room_id = &self.scene.room_id;
        let body = json!({"room_id": room_id, "starts_at": starts_at, "ends_at": ends_at});
        let booking = self.other_user.post_once(&self.platform, "/api/bookings", body).await.expect(201);
        let wish = json!({
            "room_id": room_id, "window_starts_at": starts_at, "window_ends_at": ends_at, "duration_minutes": 60,
        });
        (wish, text(&booking["id"]).to_owned())
    }

    /// A time at which an engineer of the company is away.
    pub async fn absence_of(&self, engineer_id: &str) -> String {
        let (starts_at, ends_at) = self.slot().await;
        let absence = json!({"starts_at": starts_at, "ends_at": ends_at});
        let path = format!("/api/engineers/{engineer_id}/absences");
        text(&self.post(&self.scene.owner, &path, absence).await["id"]).to_owned()
    }

    /// A booking that runs now, of a guest who has paid at the desk, in a studio of its own that never closes; one that is there for
    /// whoever is not let in.
    pub async fn running_booking(&self, is_needed: bool) -> String {
        if !is_needed {
            return self.things.held_booking_id.clone();
        }
        let (platform, owner) = (&self.platform, &self.scene.owner);
        let studio = json!({
            "company_id": self.scene.company_id, "name": "Nachtklang", "city_id": self.scene.city_id,
            "address": {"line1": "Dudenstraße 12", "postal_code": "10965"}, "latitude": 52.4846, "longitude": 13.3826,
        });
        let studio = self.post(owner, "/api/studios", studio).await;
        let mut hours = studio::hours();
        for day in &mut hours {
            (day["opens"], day["closes"]) = (json!("00:00"), json!("24:00"));
        }
        let path = format!("/api/studios/{}/operating-hours", text(&studio["id"]));
        self.post(owner, &path, json!({"hours": hours})).await;
        let mut room = studio::room(text(&studio["id"]), "instant");
        room["slot_step_minutes"] = json!(1);
        let room = self.post(owner, "/api/rooms", room).await;
        self.post(owner, &format!("/api/rooms/{}/prices", text(&room["id"])), studio::prices()).await;
        let clock = platform.get("/sandbox/clock").send().await.expect(200);
        let now: jiff::Timestamp = text(&clock["now"]).parse().unwrap();
        let start = jiff::Timestamp::from_second(now.as_second() / 60 * 60).unwrap();
        let body = json!({
            "room_id": room["id"], "starts_at": start, "ends_at": start + jiff::SignedDuration::from_hours(2),
            "customer": {"name": "Walk-in"}, "payment": "at_desk",
        });
        let booking = owner.post_once(platform, "/api/bookings", body).await.expect(201);
        let path = format!("/api/bookings/{}/record-payment", text(&booking["id"]));
        let paid = json!({"method": "cash", "amount": booking["price"]["total"]["amount"]});
        owner.post_once(platform, &path, paid).await.expect(200);
        text(&booking["id"]).to_owned()
    }

    /// A booking of the customer that has taken place, as far as anybody can tell.
    pub async fn completed_booking(&self) -> String {
        let booking = self.booking_in(&self.scene.room_id).await;
        let id = booking.parse::<BookingId>().unwrap().uuid();
        let statement = format!("UPDATE bookings SET status = 'completed', amount_paid = total WHERE id = '{id}'");
        let mut conn = self.platform.db("booking").conn().await.unwrap();
        diesel::sql_query(statement).execute(&mut *conn).await.unwrap();
        booking
    }

    /// What the customer says of the studio, shown to everybody.
    pub async fn shown_review(&self) -> String {
        let booking = self.completed_booking().await;
        let path = format!("/api/studios/{}/reviews", self.scene.studio_id);
        let review = json!({"booking_id": booking, "rating": 4});
        let id = text(&self.post(&self.scene.customer, &path, review.clone()).await["id"]).to_owned();
        self.post(&self.scene.owner, &path, review).await;
        id
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

    /// An address that waits for its confirmation.
    pub async fn payout_receiver_id(&self) -> String {
        self.payout_receiver().await;
        let company_id = self.scene.company_id.parse::<CompanyId>().unwrap().uuid();
        let query = format!("SELECT id FROM payout_receivers WHERE company_id = '{company_id}'");
        let mut conn = self.platform.db("billing").conn().await.unwrap();
        let row: IdRow = diesel::sql_query(query).get_result(&mut *conn).await.unwrap();
        PayoutReceiverId::from_uuid(row.id).to_string()
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
