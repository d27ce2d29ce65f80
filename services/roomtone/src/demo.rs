//! Demo data: three people and two companies with studios in Berlin and London, so that a fresh platform can be used at
//! once. Loading it again changes nothing.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service_kit::Source;

use crate::platform;

struct Person {
    email: &'static str,
    password: &'static str,
    name: &'static str,
    role: auth::admin::Role,
    admin: bool,
}

const ADMIN: Person = Person {
    email: "admin@example.com",
    password: "roomtone-demo-admin",
    name: "Ada Admin",
    role: auth::admin::Role::Customer,
    admin: true,
};
const OWNER: Person = Person {
    email: "owner@example.com",
    password: "roomtone-demo-owner",
    name: "Otto Owner",
    role: auth::admin::Role::StudioOwner,
    admin: false,
};
const CUSTOMER: Person = Person {
    email: "customer@example.com",
    password: "roomtone-demo-customer",
    name: "Cleo Customer",
    role: auth::admin::Role::Customer,
    admin: false,
};

/// The addresses of the demo accounts; `doctor` refuses them in production.
pub const EMAILS: [&str; 3] = [ADMIN.email, OWNER.email, CUSTOMER.email];

/// What `roomtone up` prints when it is ready.
pub fn welcome(url: &str) -> String {
    let login = |who: &str, person: &Person| format!("  {who:<14} {} / {}\n", person.email, person.password);
    format!(
        "\nRoomtone is ready at {url}\n\n  API reference  {url}/docs\n  health         {url}/api/health\n  mailbox        {url}/sandbox/mailbox\n\n{}{}{}",
        login("admin", &ADMIN),
        login("studio owner", &OWNER),
        login("customer", &CUSTOMER),
    )
}

/// Creates what is not there yet, through the public API of the gateway at `url`.
pub async fn load(source: &Source, url: &str) -> anyhow::Result<()> {
    ensure!(source.environment().is_development(), "demo data belongs in development only");
    let auth_db = platform::database(source, "auth")?;
    for person in [&ADMIN, &OWNER, &CUSTOMER] {
        let user = auth::admin::NewUser {
            email: person.email.to_owned(),
            password: person.password.into(),
            name: person.name.to_owned(),
            role: person.role,
            platform_role: person.admin.then_some(auth::admin::PlatformRole::Admin),
        };
        auth::admin::create_user(&auth_db, user).await?;
    }
    let api = Api { url: url.to_owned(), http: reqwest::Client::builder().no_proxy().build()? };
    if api.exists("/api/studios/echo-chamber-london").await? {
        return Ok(());
    }
    let admin = api.login(&ADMIN).await?;
    let owner = api.login(&OWNER).await?;
    let berlin = api.city(&admin, ("DE", "Germany", "EUR"), ("Berlin", "Europe/Berlin", 52.52, 13.405)).await?;
    let london =
        api.city(&admin, ("GB", "United Kingdom", "GBP"), ("London", "Europe/London", 51.5072, -0.1276)).await?;
    api.studio(&owner, &STUDIOS[0], &berlin).await?;
    api.studio(&owner, &STUDIOS[1], &london).await
}

struct DemoStudio {
    company: &'static str,
    company_slug: &'static str,
    country: &'static str,
    currency: &'static str,
    name: &'static str,
    slug: &'static str,
    description: &'static str,
    line1: &'static str,
    postal_code: &'static str,
    latitude: f64,
    longitude: f64,
    tax_rate: &'static str,
    rooms: [(&'static str, u32, i64); 2],
}

const STUDIOS: [DemoStudio; 2] = [
    DemoStudio {
        company: "Kellerklang GmbH",
        company_slug: "kellerklang",
        country: "DE",
        currency: "EUR",
        name: "Kellerklang Kreuzberg",
        slug: "kellerklang-kreuzberg",
        description: "Rehearsal rooms with backline in an old brewery, open late.",
        line1: "Dudenstraße 10",
        postal_code: "10965",
        latitude: 52.4846,
        longitude: 13.3826,
        tax_rate: "19.0",
        rooms: [("Room A", 6, 1800), ("Live room", 12, 4500)],
    },
    DemoStudio {
        company: "Echo Chamber Ltd",
        company_slug: "echo-chamber",
        country: "GB",
        currency: "GBP",
        name: "Echo Chamber London",
        slug: "echo-chamber-london",
        description: "Recording and rehearsal under the arches.",
        line1: "12 Arch Street",
        postal_code: "SE1 6TE",
        latitude: 51.4952,
        longitude: -0.1000,
        tax_rate: "20.0",
        rooms: [("Arch One", 5, 1500), ("Control", 4, 6000)],
    },
];

/// A client of the public API.
struct Api {
    url: String,
    http: reqwest::Client,
}

impl Api {
    async fn exists(&self, path: &str) -> anyhow::Result<bool> {
        let status = self.http.get(format!("{}{path}", self.url)).send().await?.status();
        Ok(status == StatusCode::OK)
    }

    async fn login(&self, person: &Person) -> anyhow::Result<String> {
        let body = json!({"email": person.email, "password": person.password});
        let tokens = self.call(Method::POST, "/api/auth/login", None, body).await?;
        Ok(tokens["access_token"].as_str().context("an access token")?.to_owned())
    }

    async fn city(
        &self,
        admin: &str,
        (code, country, currency): (&str, &str, &str),
        (city, zone, latitude, longitude): (&str, &str, f64, f64),
    ) -> anyhow::Result<Value> {
        let country = json!({"code": code, "name": country, "currency": currency});
        let country = self.call(Method::POST, "/api/countries", Some(admin), country).await?;
        let city = json!({
            "country_id": country["id"], "name": city, "time_zone": zone, "latitude": latitude, "longitude": longitude,
        });
        self.call(Method::POST, "/api/cities", Some(admin), city).await
    }

    async fn studio(&self, owner: &str, demo: &DemoStudio, city: &Value) -> anyhow::Result<()> {
        let company = json!({
            "name": demo.company, "slug": demo.company_slug, "country": demo.country, "currency": demo.currency,
        });
        let company = self.call(Method::POST, "/api/companies", Some(owner), company).await?;
        let studio = json!({
            "company_id": company["id"], "name": demo.name, "slug": demo.slug, "description": demo.description,
            "city_id": city["id"], "address": {"line1": demo.line1, "postal_code": demo.postal_code},
            "latitude": demo.latitude, "longitude": demo.longitude,
        });
        let studio = self.call(Method::POST, "/api/studios", Some(owner), studio).await?;
        let id = studio["id"].as_str().context("a studio id")?;
        let path = format!("/api/studios/{id}/operating-hours");
        self.call(Method::POST, &path, Some(owner), json!({"hours": hours()})).await?;
        for (name, capacity, rate) in demo.rooms {
            self.room(owner, &studio, demo, (name, capacity, rate)).await?;
        }
        Ok(())
    }

    async fn room(
        &self,
        owner: &str,
        studio: &Value,
        demo: &DemoStudio,
        (name, capacity, rate): (&str, u32, i64),
    ) -> anyhow::Result<()> {
        let room = json!({
            "studio_id": studio["id"], "name": name, "capacity": capacity, "min_duration_minutes": 60,
            "slot_step_minutes": 30, "turnaround_minutes": 0, "min_notice_minutes": 0, "max_advance_days": 365,
            "booking_mode": "instant",
        });
        let room = self.call(Method::POST, "/api/rooms", Some(owner), room).await?;
        let prices = json!({
            "currency": demo.currency, "hourly_rate": rate,
            "rules": [{"name": "Evening", "weekdays": ["friday", "saturday"], "from": "18:00", "to": "24:00", "hourly_rate": rate * 3 / 2}],
            "duration_discounts": [{"min_hours": 8, "percent": "10.0"}],
            "add_ons": [{"name": "Backline", "per_use": 1500, "per_hour": 0, "stock": 2}],
            "cleaning_fee": 500, "tax_rate": demo.tax_rate,
            "cancellation_policy": [
                {"min_hours_before": 168, "refund_percent": "100"}, {"min_hours_before": 24, "refund_percent": "50"},
            ],
        });
        let path = format!("/api/rooms/{}/prices", room["id"].as_str().context("a room id")?);
        self.call(Method::POST, &path, Some(owner), prices).await?;
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path} answered {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// Every day from ten; on Friday and Saturday over midnight.
fn hours() -> Vec<Value> {
    let closes = |day| if matches!(day, "friday" | "saturday") { "02:00" } else { "23:00" };
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .map(|day| json!({"weekday": day, "opens": "10:00", "closes": closes(day)}))
        .to_vec()
}
