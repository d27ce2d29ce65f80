//! Everybody, and one of everything there is.

use std::sync::{Mutex, atomic::AtomicI64};

use serde_json::{Value, json};
use testkit::Authenticator;

use super::{
    people::{hired, new_support, newcomer},
    tokens::ServiceTokens,
};
use crate::support::{Layout, PASSWORD, Person, Scene, TestPlatform, studio};

/// A PNG of one pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xFC, 0xCF, 0xC0, 0x50, 0x0F, 0x00, 0x04, 0x85, 0x01, 0x80, 0x84, 0xA9, 0x8C,
    0x21, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

pub struct World {
    pub platform: TestPlatform,
    /// The customer and the company's owner of the matrix, and the administrator.
    pub scene: Scene,
    pub manager: Person,
    pub other_user: Person,
    pub other_owner: Person,
    pub other_manager: Person,
    pub other_company_id: String,
    pub staff: Person,
    pub support: Person,
    /// Works for the company, as staff or manager as it comes.
    pub colleague: Person,
    pub tokens: ServiceTokens,
    pub things: Things,
    /// What the company has asked to be paid, once somebody looks at it.
    pub(super) payout: tokio::sync::OnceCell<String>,
    pub(super) saved_card: tokio::sync::OnceCell<(String, String)>,
    pub(super) authorization: tokio::sync::OnceCell<String>,
    /// The company has one connection to Square, and one row takes it away: held by who looks at it.
    pub(super) connection: tokio::sync::Mutex<()>,
    /// The company is paid to its account or to a receiver: held by who pays it, or looks at the receiver.
    pub(super) paid_where: tokio::sync::Mutex<()>,
    /// The next free day of the room.
    pub(super) day: AtomicI64,
}

/// What is looked at and stays.
pub struct Things {
    pub company_slug: String,
    /// Another company of the owner, which stand-ins may join.
    pub second_company_id: String,
    pub country_id: String,
    pub request_room_id: String,
    pub series_id: String,
    /// The customer's place in a queue.
    pub waiting_id: String,
    pub promotion_id: String,
    pub engineer_id: String,
    pub held_booking_id: String,
    pub paid_booking_id: String,
    pub payment_id: String,
    pub receipt_id: String,
    pub dispute_id: String,
    pub account_id: String,
    pub webhook_event_id: String,
    pub photo_id: String,
    pub export_id: String,
    pub api_key: Value,
    pub passkey: Mutex<Authenticator>,
    pub passkey_id: String,
    pub session_id: String,
}

impl World {
    pub async fn build() -> Self {
        let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
        let scene = Scene::set(&platform).await;
        let other_owner = newcomer(&platform).await;
        let other_company_id = found_company(&platform, &other_owner).await;
        let company = (&scene.owner, scene.company_id.as_str());
        let (manager, staff, colleague, other_manager, other_user, support, tokens) = tokio::join!(
            hired(&platform, company, "manager"),
            hired(&platform, company, "staff"),
            hired(&platform, company, "staff"),
            hired(&platform, (&other_owner, &other_company_id), "manager"),
            newcomer(&platform),
            new_support(&platform),
            ServiceTokens::collect(&platform),
        );
        let day = AtomicI64::new(3);
        let things = Things::make(&platform, &scene).await;
        Self {
            platform,
            scene,
            manager,
            other_user,
            other_owner,
            other_manager,
            other_company_id,
            staff,
            support,
            colleague,
            tokens,
            things,
            payout: tokio::sync::OnceCell::new(),
            saved_card: tokio::sync::OnceCell::new(),
            connection: tokio::sync::Mutex::new(()),
            paid_where: tokio::sync::Mutex::new(()),
            authorization: tokio::sync::OnceCell::new(),
            day,
        }
    }

    /// Where a service listens, past the gateway.
    pub fn direct(&self, service: &str) -> String {
        self.platform.source.require(&format!("{service}_url")).unwrap()
    }

    /// The answer to somebody who may.
    pub async fn post(&self, person: &Person, path: &str, body: Value) -> Value {
        let answer = person.post(&self.platform, path).json(body).send().await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        answer.json()
    }
}

impl Things {
    async fn make(platform: &TestPlatform, scene: &Scene) -> Self {
        let customer = &scene.customer;
        let get = async |person: &Person, path: &str| person.get(platform, path).send().await.expect(200);
        let held_booking_id = scene.book(platform, 0).await.id;
        let paid = scene.book(platform, 1).await;
        let payment = scene.pay(platform, &paid).await;
        let disputed = scene.book(platform, 2).await;
        let disputed = scene.payment_session(platform, &disputed).await;
        platform.pay_with(&disputed, "4000000000000259").await.expect(200);
        let company = get(customer, &format!("/api/companies/{}", scene.company_id)).await;
        let photo = customer.post(platform, "/api/user/upload-photo").raw("image/png", PNG).send().await.expect(200);
        let photo_id = text(&photo["photo_url"]).split('/').nth(4).unwrap().to_owned();
        let (passkey, passkey_id) = register_passkey(platform, customer).await;
        let api_key = json!({"name": "Till", "scopes": ["bookings:read"], "password": PASSWORD});
        Self {
            company_slug: text(&company["slug"]).to_owned(),
            second_company_id: found_company(platform, &scene.owner).await,
            country_id: text(&get(customer, "/api/countries").await["data"][0]["id"]).to_owned(),
            request_room_id: open_room_on_request(platform, scene).await,
            series_id: series(platform, scene).await,
            waiting_id: waiting(platform, scene).await,
            promotion_id: made(
                platform,
                scene,
                "/api/promotions",
                json!({
                    "company_id": scene.company_id, "code": "SPRING", "currency": "EUR", "percent": "10",
                }),
            )
            .await,
            engineer_id: made(
                platform,
                scene,
                "/api/engineers",
                json!({
                    "company_id": scene.company_id, "name": "Ada",
                }),
            )
            .await,
            held_booking_id,
            paid_booking_id: paid.id,
            payment_id: text(&payment["id"]).to_owned(),
            dispute_id: first_id(platform, &scene.admin, "/api/disputes").await,
            receipt_id: first_id(platform, customer, "/api/receipts").await,
            account_id: company_account(platform, scene).await,
            webhook_event_id: first_id(platform, &scene.admin, "/api/admin/webhook-events").await,
            photo_id,
            export_id: export(platform, customer).await,
            api_key: customer.post(platform, "/api/user/api-keys").json(api_key).send().await.expect(201),
            passkey: Mutex::new(passkey),
            passkey_id,
            session_id: session_id(platform, customer).await,
        }
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

pub async fn found_company(platform: &TestPlatform, owner: &Person) -> String {
    let body = json!({"name": "Hinterhof GmbH", "country": "DE", "currency": "EUR"});
    let company = owner.post(platform, "/api/companies").json(body).send().await.expect(201);
    text(&company["id"]).to_owned()
}

/// Waits until the list has something.
async fn first_id(platform: &TestPlatform, person: &Person, path: &str) -> String {
    testkit::eventually(&format!("{path} has a row"), || async {
        let page = person.get(platform, path).send().await.expect(200);
        page["data"][0]["id"].as_str().map(str::to_owned)
    })
    .await
}

async fn company_account(platform: &TestPlatform, scene: &Scene) -> String {
    testkit::eventually("the company has an account", || async {
        let sheet = scene.trial_balance(platform).await;
        let accounts = sheet["accounts"].as_array()?;
        let account = accounts.iter().find(|account| text(&account["code"]).contains(&scene.company_id))?;
        Some(text(&account["id"]).to_owned())
    })
    .await
}

/// A series of the customer, of one date.
async fn series(platform: &TestPlatform, scene: &Scene) -> String {
    let (starts_at, _) = scene.slot(platform, -1).await;
    let body = json!({
        "room_id": scene.room_id, "starts_at": starts_at, "duration_minutes": 60, "rule": "FREQ=DAILY;COUNT=1",
    });
    text(&scene.customer.post_once(platform, "/api/bookings/series", body).await.expect(201)["id"]).to_owned()
}

/// The customer's place in the queue for a slot that is held already.
async fn waiting(platform: &TestPlatform, scene: &Scene) -> String {
    let (starts_at, ends_at) = scene.slot(platform, 0).await;
    let wish = json!({
        "room_id": scene.room_id, "window_starts_at": starts_at, "window_ends_at": ends_at, "duration_minutes": 60,
    });
    text(&scene.customer.post(platform, "/api/bookings/waitlist").json(wish).send().await.expect(201)["id"]).to_owned()
}

/// What the company's owner makes with a POST.
async fn made(platform: &TestPlatform, scene: &Scene, path: &str, body: Value) -> String {
    text(&scene.owner.post(platform, path).json(body).send().await.expect(201)["id"]).to_owned()
}

async fn open_room_on_request(platform: &TestPlatform, scene: &Scene) -> String {
    let room = studio::room(&scene.studio_id, "request");
    let room = scene.owner.post(platform, "/api/rooms").json(room).send().await.expect(201);
    let path = format!("/api/rooms/{}/prices", text(&room["id"]));
    scene.owner.post(platform, &path).json(studio::prices()).send().await.expect(200);
    text(&room["id"]).to_owned()
}

async fn export(platform: &TestPlatform, person: &Person) -> String {
    let export = person.post(platform, "/api/user/export").send().await.expect(202);
    let path = format!("/api/user/exports/{}", text(&export["id"]));
    testkit::eventually("the export is ready", || async {
        let export = person.get(platform, &path).send().await.expect(200);
        export["download_url"].is_string().then_some(())
    })
    .await;
    text(&export["id"]).to_owned()
}

/// The session of the person's token.
pub async fn session_id(platform: &TestPlatform, person: &Person) -> String {
    let sessions = person.get(platform, "/api/auth/sessions?limit=100").send().await.expect(200);
    let current = sessions["data"].as_array().unwrap().iter().find(|session| session["current"] == true);
    text(&current.unwrap()["id"]).to_owned()
}

pub async fn register_passkey(platform: &TestPlatform, person: &Person) -> (Authenticator, String) {
    let (device, body) = answer_registration(platform, person).await;
    let passkey = person.post(platform, "/api/auth/passkeys/register/finish").json(body).send().await.expect(201);
    (device, text(&passkey["id"]).to_owned())
}

/// A begun registration, and what its second step takes.
pub async fn answer_registration(platform: &TestPlatform, person: &Person) -> (Authenticator, Value) {
    let body = json!({"password": PASSWORD});
    let begun = person.post(platform, "/api/auth/passkeys/register/begin").json(body).send().await.expect(200);
    let mut device = Authenticator::new(&begun["options"]);
    device.origin = platform.url.replace("127.0.0.1", "localhost");
    let credential = device.create(&begun["options"]);
    (device, json!({"ceremony_id": begun["ceremony_id"], "name": "Phone", "credential": credential}))
}
