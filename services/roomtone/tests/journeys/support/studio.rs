//! The scene of most stories: a company in Berlin with a studio, one room and its prices, and a customer.

use serde_json::{Value, json};
use testkit::eventually;

use super::{Person, TestPlatform};

/// Who and what there is.
pub struct Scene {
    pub admin: Person,
    pub owner: Person,
    pub customer: Person,
    pub company_id: String,
    pub studio_id: String,
    pub room_id: String,
    pub add_on_id: String,
    pub city_id: String,
}

/// A booking as the API shows it.
pub struct Booking {
    pub id: String,
    pub json: Value,
}

/// Two hours on a Monday afternoon, three weeks ahead of any test: 20.00 EUR an hour plus 19 % VAT.
pub const TOTAL: i64 = 4760;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

impl Scene {
    pub async fn set(platform: &TestPlatform) -> Self {
        let admin = Person::admin(platform).await;
        let owner = Person::register(platform, "Otto", "studio_owner").await;
        let customer = Person::register(platform, "Cleo", "customer").await;
        let country = json!({"code": "DE", "name": "Germany", "currency": "EUR"});
        let country = admin.post(platform, "/api/countries").json(country).send().await.expect(201);
        let city = json!({
            "country_id": country["id"], "name": "Berlin", "time_zone": "Europe/Berlin",
            "latitude": 52.52, "longitude": 13.405,
        });
        let city = admin.post(platform, "/api/cities").json(city).send().await.expect(201);
        let company = json!({"name": "Kellerklang GmbH", "country": "DE", "currency": "EUR"});
        let company = owner.post(platform, "/api/companies").json(company).send().await.expect(201);
        let studio = json!({
            "company_id": company["id"], "name": "Kellerklang", "city_id": city["id"],
            "address": {"line1": "Dudenstraße 10", "postal_code": "10965"},
            "latitude": 52.4846, "longitude": 13.3826,
        });
        let studio = owner.post(platform, "/api/studios").json(studio).send().await.expect(201);
        let studio_id = text(&studio["id"]);
        let path = format!("/api/studios/{studio_id}/operating-hours");
        owner.post(platform, &path).json(json!({"hours": hours()})).send().await.expect(200);
        let room = room(&studio_id, "instant");
        let room = owner.post(platform, "/api/rooms").json(room).send().await.expect(201);
        let room_id = text(&room["id"]);
        let path = format!("/api/rooms/{room_id}/prices");
        let prices = owner.post(platform, &path).json(prices()).send().await.expect(200);
        Self {
            admin,
            owner,
            customer,
            company_id: text(&company["id"]),
            studio_id,
            room_id,
            add_on_id: text(&prices["add_ons"][0]["id"]),
            city_id: text(&city["id"]),
        }
    }

    /// Books two hours, `day` days after a Monday that lies three to four weeks ahead, from 14:00.
    pub async fn book(&self, platform: &TestPlatform, day: i64) -> Booking {
        let (starts_at, ends_at) = self.slot(platform, day).await;
        let body = json!({"room_id": self.room_id, "starts_at": starts_at, "ends_at": ends_at});
        let json = self.customer.post_once(platform, "/api/bookings", body).await.expect(201);
        Booking { id: text(&json["id"]), json }
    }

    /// Start and end of the slot that [`Scene::book`] takes, in UTC.
    pub async fn slot(&self, platform: &TestPlatform, day: i64) -> (String, String) {
        let now = platform.get("/sandbox/clock").send().await.expect(200);
        let now: jiff::Timestamp = text(&now["now"]).parse().unwrap();
        let local = now.to_zoned(jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
        let to_monday = i64::from(7 - local.weekday().to_monday_zero_offset()) + 21;
        let date = local.date().checked_add(jiff::Span::new().days(to_monday + day)).unwrap();
        let starts_at = date.at(14, 0, 0, 0).in_tz("Europe/Berlin").unwrap().timestamp();
        let ends_at = starts_at + jiff::SignedDuration::from_hours(2);
        (starts_at.to_string(), ends_at.to_string())
    }

    pub async fn payment_session(&self, platform: &TestPlatform, booking: &Booking) -> Value {
        let body = json!({"payable": {"type": "booking", "id": booking.id}});
        self.customer.post_once(platform, "/api/payments/session", body).await.expect(201)
    }

    /// Pays the booking with a good card and waits until it is confirmed.
    pub async fn pay(&self, platform: &TestPlatform, booking: &Booking) -> Value {
        let payment = self.payment_session(platform, booking).await;
        let outcome = platform.pay_with(&payment, "4242424242424242").await.expect(200);
        assert_eq!(outcome["outcome"], "succeeded");
        self.booking_in(platform, booking, "confirmed").await;
        payment
    }

    pub async fn booking_in(&self, platform: &TestPlatform, booking: &Booking, status: &str) -> Value {
        let path = format!("/api/bookings/{}", booking.id);
        eventually(&format!("the booking is {status}"), || async {
            let booking = self.customer.get(platform, &path).send().await.expect(200);
            (booking["status"] == status).then_some(booking)
        })
        .await
    }

    pub async fn payment_in(&self, platform: &TestPlatform, payment: &Value, status: &str) -> Value {
        let path = format!("/api/payments/{}", text(&payment["id"]));
        eventually(&format!("the payment is {status}"), || async {
            let payment = self.customer.get(platform, &path).send().await.expect(200);
            (payment["status"] == status).then_some(payment)
        })
        .await
    }

    /// Waits until the company has this much pending and payable, in cents.
    pub async fn company_balance(&self, platform: &TestPlatform, pending: i64, payable: i64) {
        let path = format!("/api/companies/{}/balance", self.company_id);
        eventually(&format!("pending {pending}, payable {payable}"), || async {
            let body = self.owner.get(platform, &path).send().await.expect(200);
            let sum = |kind: &str| -> i64 {
                body["balances"].as_array().unwrap().iter().map(|balance| balance[kind].as_i64().unwrap()).sum()
            };
            ((sum("pending"), sum("payable")) == (pending, payable)).then_some(())
        })
        .await;
    }

    /// The balance of a ledger account by code, in cents; `None` while it does not exist.
    pub async fn account(&self, platform: &TestPlatform, code: &str) -> Option<i64> {
        let sheet = self.trial_balance(platform).await;
        let account = sheet["accounts"].as_array()?.iter().find(|account| account["code"] == code)?;
        account["posted"].as_i64()
    }

    pub async fn trial_balance(&self, platform: &TestPlatform) -> Value {
        self.admin.get(platform, "/api/admin/ledger/trial-balance").send().await.expect(200)
    }

    /// An hour later Stripe's own books say what ours say: its balance is the clearing account, and all that moved in the last
    /// days has its other side.
    pub async fn stripe_agrees(&mut self, platform: &TestPlatform, matched: i64) {
        platform.advance_secs(3_600).await;
        self.admin.sign_in_again(platform).await;
        let balance = platform.get("/stripe/v1/balance").bearer("sk_test_1").send().await.expect(200);
        let held = balance["available"][0]["amount"].as_i64();
        assert_eq!(self.account(platform, "assets:provider:stripe").await, held, "the clearing account");
        self.provider_agrees(platform, "stripe", matched).await;
    }

    /// All that a provider says has moved in the last days has its other side in our books, and the reverse.
    pub async fn provider_agrees(&mut self, platform: &TestPlatform, provider: &str, matched: i64) {
        self.admin.sign_in_again(platform).await;
        let clock = platform.get("/sandbox/clock").send().await.expect(200);
        let now: jiff::Timestamp = text(&clock["now"]).parse().unwrap();
        let days = |days: i64| jiff::SignedDuration::from_hours(24 * days);
        let span = json!({"provider": provider, "from": now - days(10), "to": now + days(1)});
        let report = self.admin.post(platform, "/api/admin/ledger/reconciliation").json(span).send().await.expect(200);
        let path = format!("/api/admin/ledger/reconciliation/{}/findings", text(&report["id"]));
        let findings = self.admin.get(platform, &path).send().await.expect(200);
        assert_eq!((&report["matched"], &findings["data"]), (&json!(matched), &json!([])), "{report}");
    }

    /// Debits equal credits in every currency, and everything the provider holds is accounted for.
    pub async fn assert_books_balance(&self, platform: &TestPlatform) {
        for currency in self.trial_balance(platform).await["currencies"].as_array().unwrap() {
            assert_eq!(currency["difference"], 0, "{currency}");
        }
    }
}

/// Settings of a room that is booked at once (`instant`) or answered by the studio (`request`).
pub fn room(studio_id: &str, booking_mode: &str) -> Value {
    json!({
        "studio_id": studio_id, "name": "Room A", "capacity": 5, "min_duration_minutes": 60,
        "slot_step_minutes": 30, "turnaround_minutes": 0, "min_notice_minutes": 0, "max_advance_days": 365,
        "hold_minutes": 30, "booking_mode": booking_mode,
    })
}

pub fn hours() -> Vec<Value> {
    let closes = |day| if matches!(day, "friday" | "saturday") { "02:00" } else { "23:00" };
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .map(|day| json!({"weekday": day, "opens": "10:00", "closes": closes(day)}))
        .to_vec()
}

pub fn prices() -> Value {
    json!({
        "currency": "EUR", "hourly_rate": 2000,
        "rules": [{"name": "Friday night", "weekdays": ["friday"], "from": "18:00", "to": "24:00", "hourly_rate": 3000}],
        "duration_discounts": [{"min_hours": 8, "percent": "10.0"}],
        "add_ons": [{"name": "Backline", "per_use": 1500, "per_hour": 0, "stock": 1}],
        "tax_rate": "19.0",
        "cancellation_policy": [
            {"min_hours_before": 168, "refund_percent": "100"},
            {"min_hours_before": 24, "refund_percent": "50"},
        ],
    })
}
