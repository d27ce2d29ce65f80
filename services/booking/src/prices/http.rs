//! Price lists over HTTP.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, web::Data};
use kernel::{AddOnId, Currency, Percent, RoomId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{
    commands,
    model::{AddOn, DurationDiscount, NewAddOn, NewPriceList, PeakRule, PriceList},
};
use crate::{
    bookings::cancellation::{CancellationPolicy, CancellationTier},
    startup::App,
    validation::Validation,
};

const MAX_ENTRIES: usize = 50;

/// A room's prices, net, in minor units of `currency`, which is the company's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPricesRequest {
    currency: Currency,
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    hourly_rate: i64,
    #[serde(default)]
    #[schema(max_items = 50)]
    rules: Vec<PeakRule>,
    #[serde(default)]
    #[schema(max_items = 50)]
    duration_discounts: Vec<DurationDiscount>,
    #[serde(default)]
    #[schema(max_items = 50)]
    add_ons: Vec<AddOnBody>,
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    cleaning_fee: Option<i64>,
    tax_rate: Percent,
    deposit_percent: Option<Percent>,
    #[schema(max_items = 50)]
    cancellation_policy: Vec<CancellationTier>,
}

/// An add-on is recognised by its name: it keeps its id while it keeps that.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddOnBody {
    /// Ignored; there so that an answer can be sent back.
    #[serde(default)]
    #[expect(dead_code, reason = "the name decides")]
    id: Option<AddOnId>,
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    per_use: Option<i64>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    per_hour: Option<i64>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000)]
    stock: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PriceListResponse {
    currency: Currency,
    hourly_rate: i64,
    rules: Vec<PeakRule>,
    duration_discounts: Vec<DurationDiscount>,
    add_ons: Vec<AddOnResponse>,
    cleaning_fee: i64,
    tax_rate: Percent,
    deposit_percent: Option<Percent>,
    cancellation_policy: CancellationPolicy,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AddOnResponse {
    id: AddOnId,
    name: String,
    per_use: i64,
    per_hour: i64,
    stock: Option<i32>,
}

impl From<AddOn> for AddOnResponse {
    fn from(add_on: AddOn) -> Self {
        let AddOn { id, name, per_use, per_hour, stock } = add_on;
        Self { id, name, per_use, per_hour, stock }
    }
}

impl From<PriceList> for PriceListResponse {
    fn from(list: PriceList) -> Self {
        Self {
            currency: list.currency,
            hourly_rate: list.hourly_rate,
            rules: list.rules,
            duration_discounts: list.duration_discounts,
            add_ons: list.add_ons.into_iter().map(AddOnResponse::from).collect(),
            cleaning_fee: list.cleaning_fee,
            tax_rate: list.tax_rate,
            deposit_percent: list.deposit_percent,
            cancellation_policy: list.cancellation_policy,
        }
    }
}

impl SetPricesRequest {
    fn validated(self) -> Result<NewPriceList, Problem> {
        let mut validation = Validation::default();
        validation.amount("/hourly_rate", self.hourly_rate);
        validation.amount("/cleaning_fee", self.cleaning_fee.unwrap_or(0));
        for (length, pointer) in [
            (self.rules.len(), "/rules"),
            (self.duration_discounts.len(), "/duration_discounts"),
            (self.add_ons.len(), "/add_ons"),
            (self.cancellation_policy.len(), "/cancellation_policy"),
        ] {
            validation.demand(length <= MAX_ENTRIES, pointer, "too many entries");
        }
        let rules = validated_rules(&mut validation, self.rules);
        let add_ons = validated_add_ons(&mut validation, &self.add_ons);
        for (index, discount) in self.duration_discounts.iter().enumerate() {
            validation.within(&format!("/duration_discounts/{index}/min_hours"), discount.min_hours, 1..=168);
        }
        let hours: BTreeSet<i32> = self.duration_discounts.iter().map(|discount| discount.min_hours).collect();
        let unique = hours.len() == self.duration_discounts.len();
        validation.demand(unique, "/duration_discounts", "min_hours must differ");
        let policy = CancellationPolicy::new(self.cancellation_policy);
        if let Err(error) = &policy {
            validation.refuse("/cancellation_policy", error.to_string());
        }
        validation.finish()?;
        Ok(NewPriceList {
            currency: self.currency,
            hourly_rate: self.hourly_rate,
            rules,
            duration_discounts: self.duration_discounts,
            add_ons,
            cleaning_fee: self.cleaning_fee.unwrap_or(0),
            tax_rate: self.tax_rate,
            deposit_percent: self.deposit_percent,
            cancellation_policy: policy.unwrap_or_default(),
        })
    }
}

fn validated_rules(validation: &mut Validation, rules: Vec<PeakRule>) -> Vec<PeakRule> {
    let rules = rules.into_iter().enumerate();
    rules
        .map(|(index, mut rule)| {
            rule.name = validation.line(&format!("/rules/{index}/name"), &rule.name, 80);
            validation.amount(&format!("/rules/{index}/hourly_rate"), rule.hourly_rate);
            let days: BTreeSet<_> = rule.weekdays.iter().copied().collect();
            let valid = !days.is_empty() && days.len() == rule.weekdays.len();
            validation.demand(valid, format!("/rules/{index}/weekdays"), "expected different weekdays, at least one");
            let midnight = rule.spans().next().is_some() || rule.weekdays.is_empty();
            validation.demand(midnight, format!("/rules/{index}/from"), "24:00 is the next day's 00:00");
            rule
        })
        .collect()
}

fn validated_add_ons(validation: &mut Validation, add_ons: &[AddOnBody]) -> Vec<NewAddOn> {
    let mut names = BTreeSet::new();
    let add_ons = add_ons.iter().enumerate();
    add_ons
        .map(|(index, add_on)| {
            let name = validation.line(&format!("/add_ons/{index}/name"), &add_on.name, 80);
            validation.demand(names.insert(name.clone()), format!("/add_ons/{index}/name"), "names must differ");
            let (per_use, per_hour) = (add_on.per_use.unwrap_or(0), add_on.per_hour.unwrap_or(0));
            validation.amount(&format!("/add_ons/{index}/per_use"), per_use);
            validation.amount(&format!("/add_ons/{index}/per_hour"), per_hour);
            let stock = add_on.stock;
            validation.within(&format!("/add_ons/{index}/stock"), stock.unwrap_or(0), 0..=10_000);
            NewAddOn { name, per_use, per_hour, stock }
        })
        .collect()
}

/// Replace a room's price list.
#[utoipa::path(
    tag = "prices",
    params(("room_id" = RoomId, Path)),
    request_body = SetPricesRequest,
    responses((status = 200, body = PriceListResponse)),
    security(("bearer" = []))
)]
#[post("/api/rooms/{room_id}/prices")]
pub async fn set_prices(
    app: Data<App>,
    caller: Caller,
    room_id: Path<RoomId>,
    body: Json<SetPricesRequest>,
) -> Result<HttpResponse, Problem> {
    let list = body.into_inner().validated()?;
    let list = commands::set_prices(&app, &caller, *room_id, list).await?;
    Ok(HttpResponse::Ok().json(PriceListResponse::from(list)))
}

/// A room's price list.
#[utoipa::path(
    tag = "prices",
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = PriceListResponse))
)]
#[get("/api/rooms/{room_id}/prices")]
pub async fn get_prices(app: Data<App>, room_id: Path<RoomId>) -> Result<HttpResponse, Problem> {
    let list = commands::get_prices(&app, *room_id).await?;
    Ok(HttpResponse::Ok().json(PriceListResponse::from(list)))
}
