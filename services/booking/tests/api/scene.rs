//! A company with a studio in Berlin that never closes, a room and its prices: what most tests begin with.

use contracts::billing::v1::{Payable, PaymentSucceeded};
use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, PaymentId};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{CallerToken, TestRequest, TestResponse, TestService};

pub struct Scene {
    pub service: TestService,
    pub company_id: CompanyId,
    pub owner: CallerToken,
    pub city_id: String,
    pub studio_id: String,
    pub room_id: String,
}

/// The JSON of every weekday, all day.
pub fn always_open() -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    json!(days.map(|day| json!({"weekday": day, "opens": "00:00", "closes": "24:00"})))
}

pub fn room(studio_id: &str) -> Value {
    json!({
        "studio_id": studio_id, "name": "Room A", "capacity": 6, "min_duration_minutes": 60,
        "max_duration_minutes": 1440, "slot_step_minutes": 30, "turnaround_minutes": 0, "min_notice_minutes": 0,
        "max_advance_days": 400, "booking_mode": "instant",
    })
}

/// 20.00 an hour, net, 19 % tax; all back a week before, half of it a day before.
pub fn prices() -> Value {
    json!({
        "currency": "EUR", "hourly_rate": 2000, "rules": [], "duration_discounts": [], "add_ons": [],
        "tax_rate": "19.0",
        "cancellation_policy": [
            {"min_hours_before": 168, "refund_percent": "100"}, {"min_hours_before": 24, "refund_percent": "50"},
        ],
    })
}

pub fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl Scene {
    pub async fn start() -> Self {
        Self::with(json!({}), json!({})).await
    }

    /// The usual scene with some settings of the room and its prices changed.
    pub async fn with(room_changes: Value, price_changes: Value) -> Self {
        let service = TestService::start(booking::service()).await;
        Self::on(service, room_changes, price_changes).await
    }

    pub async fn on(service: TestService, room_changes: Value, price_changes: Value) -> Self {
        let mut scene = Self::without_studio(service).await;
        let studio = scene.create_studio(json!({})).await.expect(201);
        scene.studio_id = id(&studio);
        scene.open_always(&scene.studio_id).await;
        scene.room_id = scene.create_room(room_changes).await;
        scene.set_prices(&scene.room_id, price_changes).await.expect(200);
        scene
    }

    /// A company and a city.
    pub async fn without_studio(service: TestService) -> Self {
        let company_id = CompanyId::new();
        let owner = CallerToken::default().owner_of(company_id);
        let company = json!({
            "id": company_id, "slug": "klang", "name": "Klang GmbH", "country": "DE", "currency": "EUR",
            "staff": [owner.user_id()],
        });
        service.peers.get(&format!("/internal/companies/{company_id}"), company);
        let mut scene = Self {
            service,
            company_id,
            owner,
            city_id: String::new(),
            studio_id: String::new(),
            room_id: String::new(),
        };
        let country = json!({"code": "DE", "name": "Germany", "currency": "EUR"});
        let country_id = id(&scene.as_admin("/api/countries").json(country).send().await.expect(201));
        scene.city_id = scene.create_city(&country_id, "Berlin", "Europe/Berlin", 52.52, 13.405).await;
        scene
    }

    pub async fn create_city(&self, country_id: &str, name: &str, zone: &str, latitude: f64, longitude: f64) -> String {
        let city = json!({
            "country_id": country_id, "name": name, "time_zone": zone, "latitude": latitude, "longitude": longitude,
        });
        id(&self.as_admin("/api/cities").json(city).send().await.expect(201))
    }

    pub async fn create_studio(&self, changes: Value) -> TestResponse {
        let studio = json!({
            "company_id": self.company_id, "name": "Klangraum Mitte", "city_id": self.city_id,
            "address": {"line1": "Torstraße 1", "postal_code": "10119"}, "latitude": 52.5296, "longitude": 13.4016,
        });
        self.as_owner("/api/studios").json(merged(studio, changes)).send().await
    }

    pub async fn open_always(&self, studio_id: &str) {
        let hours = json!({"hours": always_open()});
        self.as_owner(&format!("/api/studios/{studio_id}/operating-hours")).json(hours).send().await.expect(200);
    }

    pub async fn create_room(&self, changes: Value) -> String {
        id(&self.as_owner("/api/rooms").json(merged(room(&self.studio_id), changes)).send().await.expect(201))
    }

    pub async fn set_prices(&self, room_id: &str, changes: Value) -> TestResponse {
        self.as_owner(&format!("/api/rooms/{room_id}/prices")).json(merged(prices(), changes)).send().await
    }

    pub fn post(&self, caller: &CallerToken, path: &str) -> TestRequest {
        self.service.post(path).bearer(&self.service.token(caller))
    }

    pub fn get(&self, caller: &CallerToken, path: &str) -> TestRequest {
        self.service.get(path).bearer(&self.service.token(caller))
    }

    pub fn put(&self, caller: &CallerToken, path: &str) -> TestRequest {
        self.service.request(Method::PUT, path).bearer(&self.service.token(caller))
    }

    pub fn delete(&self, caller: &CallerToken, path: &str) -> TestRequest {
        self.service.request(Method::DELETE, path).bearer(&self.service.token(caller))
    }

    pub fn as_owner(&self, path: &str) -> TestRequest {
        self.post(&self.owner, path)
    }

    pub fn as_admin(&self, path: &str) -> TestRequest {
        self.post(&CallerToken::default().admin(), path)
    }

    /// What a customer sends to book the room.
    pub fn booking(&self, starts_at: &str, minutes: i64) -> Value {
        let start = at(starts_at);
        json!({"room_id": self.room_id, "starts_at": start, "ends_at": start + SignedDuration::from_mins(minutes)})
    }

    pub async fn book(&self, customer: &CallerToken, starts_at: &str, minutes: i64) -> TestResponse {
        self.book_with(customer, self.booking(starts_at, minutes)).await
    }

    pub async fn book_with(&self, customer: &CallerToken, body: Value) -> TestResponse {
        let key = kernel::new_uuid().to_string();
        self.post(customer, "/api/bookings").idempotency_key(&key).json(body).send().await
    }

    pub async fn booking_of(&self, caller: &CallerToken, booking: &Value) -> Value {
        self.get(caller, &format!("/api/bookings/{}", id(booking))).send().await.expect(200)
    }

    pub async fn act(&self, caller: &CallerToken, booking: &Value, action: &str) -> TestResponse {
        self.post(caller, &format!("/api/bookings/{}/{action}", id(booking))).send().await
    }

    /// Lets billing say that a payment for the booking has succeeded.
    pub async fn pay(&self, booking: &Value, amount: i64) -> PaymentId {
        let payment_id = PaymentId::new();
        self.pay_as(booking, payment_id, amount).await;
        payment_id
    }

    pub async fn pay_as(&self, booking: &Value, payment_id: PaymentId, amount: i64) {
        let event = payment(booking, payment_id, amount);
        self.service.deliver(payment_id.uuid(), 1, &event).await;
    }

    /// Pays the whole price, and answers the booking as it is then.
    pub async fn pay_and_read(&self, customer: &CallerToken, booking: &Value) -> Value {
        let due = booking["price"]["total"]["amount"].as_i64().expect("an amount");
        self.pay(booking, due).await;
        self.booking_of(customer, booking).await
    }

    /// Statements behind the service's back.
    pub async fn execute(&self, statement: &str) -> Result<usize, diesel::result::Error> {
        let mut conn = self.service.db.conn().await.expect("a connection");
        diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut *conn).await
    }

    /// The column `text` of every row.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let mut conn = self.service.db.conn().await.expect("a connection");
        let rows: Vec<TextRow> =
            diesel_async::RunQueryDsl::load(diesel::sql_query(query), &mut *conn).await.expect("rows");
        rows.into_iter().map(|row| row.text).collect()
    }

    /// True when the interval can be had.
    pub async fn is_available(&self, starts_at: &str, minutes: i64) -> bool {
        let body = self.booking(starts_at, minutes);
        let answer = self.service.post("/api/bookings/check-availability").json(body).send().await.expect(200);
        answer["available"].as_bool().expect("a bool")
    }
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

pub fn payable(booking: &Value) -> Option<Payable> {
    Some(Payable { r#type: "booking".into(), id: id(booking), ..Payable::default() })
}

pub fn payment(booking: &Value, payment_id: PaymentId, amount: i64) -> PaymentSucceeded {
    PaymentSucceeded {
        payment_id: payment_id.to_string(),
        payable: payable(booking),
        provider: "stripe".into(),
        currency: "EUR".into(),
        amount,
        ..PaymentSucceeded::default()
    }
}

/// Fields of `changes` replace those of `base`; null removes.
pub fn merged(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => {
                base.as_object_mut().expect("an object").remove(name);
            }
            value => base[name] = value.clone(),
        }
    }
    base
}
