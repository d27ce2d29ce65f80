//! Who books what: an owner with a studio that never closes, its rooms, and a customer.

use anyhow::Context;
use auth::admin::PlatformRole;
use jiff::{SignedDuration, Timestamp};
use kernel::clock::real_now;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{
    Layout,
    api::{Api, Session, text},
};
use crate::load::Counter;

pub const PASSWORD: &str = "correct horse battery staple";
const ADMIN: &str = "bench-admin@example.com";
const OWNER: &str = "bench-owner@example.com";
pub const CUSTOMER: &str = "bench-customer@example.com";

/// A platform with rooms to book.
#[derive(Debug, Clone)]
pub struct Scene {
    pub api: Api,
    pub rooms: Rooms,
}

/// Hands out slots of one hour, each once: all rooms first, then the next hour.
#[derive(Debug, Clone)]
pub struct Rooms {
    pub ids: Vec<String>,
    pub first: Timestamp,
    pub taken: Counter,
}

impl Rooms {
    /// The body of a booking that nobody else asks for.
    pub fn next(&self) -> Value {
        let number = self.taken.next();
        let rooms = self.ids.len() as u64;
        let starts_at = self.first + SignedDuration::from_hours((number / rooms) as i64);
        let ends_at = starts_at + SignedDuration::from_hours(1);
        let room_id = &self.ids[(number % rooms) as usize];
        json!({"room_id": room_id, "starts_at": starts_at.to_string(), "ends_at": ends_at.to_string()})
    }
}

impl Scene {
    /// Needs auth, booking and the gateway.
    pub async fn set(layout: &Layout, client: &Client, rooms: usize) -> anyhow::Result<Self> {
        for (email, platform_role) in [(ADMIN, Some(PlatformRole::Admin)), (OWNER, None), (CUSTOMER, None)] {
            let user = auth::admin::NewUser {
                email: email.to_owned(),
                password: PASSWORD.into(),
                name: "Bench".to_owned(),
                role: auth::admin::Role::Customer,
                platform_role,
            };
            auth::admin::create_user(&layout.db("auth")?, user).await?;
        }
        let api = Api::new(client, layout);
        let owner = api.log_in(OWNER, PASSWORD).await?;
        let studio_id = open_studio(&api, &owner).await?;
        let mut ids = Vec::with_capacity(rooms);
        for number in 0..rooms {
            ids.push(open_room(&api, &owner, &studio_id, number).await?);
        }
        // Whole hours, from the day after tomorrow: the slots of a studio that never closes.
        let first = Timestamp::from_second((real_now().as_second() / 3600 + 48) * 3600)?;
        Ok(Self { api, rooms: Rooms { ids, first, taken: Counter::default() } })
    }

    pub async fn customer(&self) -> anyhow::Result<Session> {
        self.api.log_in(CUSTOMER, PASSWORD).await
    }
}

async fn open_studio(api: &Api, owner: &Session) -> anyhow::Result<String> {
    let admin = api.log_in(ADMIN, PASSWORD).await?;
    let country = json!({"code": "FI", "name": "Finland", "currency": "EUR"});
    let country = api.post(&admin, "/api/countries", country).await?;
    let city = json!({
        "country_id": country["id"], "name": "Helsinki", "time_zone": "Europe/Helsinki",
        "latitude": 60.17, "longitude": 24.94,
    });
    let city = api.post(&admin, "/api/cities", city).await?;
    let company = json!({"name": "Bench Oy", "slug": "bench", "country": "FI", "currency": "EUR"});
    let company = api.post(owner, "/api/companies", company).await?;
    let studio = json!({
        "company_id": company["id"], "name": "Bench Studio", "city_id": city["id"],
        "address": {"line1": "Mannerheimintie 1", "postal_code": "00100"},
        "latitude": 60.17, "longitude": 24.94,
    });
    let studio_id = text(&api.post(owner, "/api/studios", studio).await?["id"])?;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours = days.map(|day| json!({"weekday": day, "opens": "00:00", "closes": "24:00"}));
    let path = format!("/api/studios/{studio_id}/operating-hours");
    api.post(owner, &path, json!({"hours": hours})).await.context("opening hours")?;
    Ok(studio_id)
}

async fn open_room(api: &Api, owner: &Session, studio_id: &str, number: usize) -> anyhow::Result<String> {
    let room = json!({
        "studio_id": studio_id, "name": format!("Room {number}"), "capacity": 5, "min_duration_minutes": 60,
        "slot_step_minutes": 60, "turnaround_minutes": 0, "min_notice_minutes": 0, "max_advance_days": 365,
        "booking_mode": "instant",
    });
    let room_id = text(&api.post(owner, "/api/rooms", room).await?["id"])?;
    let prices = json!({
        "currency": "EUR", "hourly_rate": 2000,
        "rules": [{"name": "Evening", "weekdays": ["friday", "saturday"], "from": "18:00", "to": "24:00", "hourly_rate": 3000}],
        "duration_discounts": [], "add_ons": [], "tax_rate": "25.5",
        "cancellation_policy": [{"min_hours_before": 24, "refund_percent": "100"}],
    });
    let path = format!("/api/rooms/{room_id}/prices");
    api.call(Method::POST, &path, Some(&owner.access_token), prices).await?;
    Ok(room_id)
}
