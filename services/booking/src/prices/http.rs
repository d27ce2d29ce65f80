//! Price lists over HTTP.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, post, web::Data};
use kernel::{AddOnId, Currency, EngineerId, Percent, RoomId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{
    commands,
    model::{
        AddOn, DayRate, Deposit, DurationDiscount, ExtraPerson, NewAddOn, NewPriceList, PeakRule, PriceList, Rates,
    },
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
    day_rate: Option<DayRate>,
    #[serde(default)]
    #[schema(max_items = 50)]
    duration_discounts: Vec<DurationDiscount>,
    /// The least the room is let for, after discounts for its length.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    minimum_charge: Option<i64>,
    extra_person: Option<ExtraPerson>,
    #[serde(default)]
    #[schema(max_items = 50)]
    add_ons: Vec<AddOnBody>,
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    cleaning_fee: Option<i64>,
    tax_rate: Percent,
    deposit_percent: Option<Percent>,
    /// Gross, instead of a percentage; the whole price where that is less.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    deposit_amount: Option<i64>,
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
    /// The stock is the studio's: its rooms whose lists have an add-on of this name, shared as well, draw on the same.
    #[serde(default)]
    stock_shared: bool,
    /// Who does it, the preferred ones first: as many of them as are booked must be free. Empty for a thing.
    #[serde(default)]
    #[schema(max_items = 50)]
    engineers: Vec<EngineerId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PriceListResponse {
    currency: Currency,
    hourly_rate: i64,
    rules: Vec<PeakRule>,
    day_rate: Option<DayRate>,
    duration_discounts: Vec<DurationDiscount>,
    minimum_charge: Option<i64>,
    extra_person: Option<ExtraPerson>,
    add_ons: Vec<AddOnResponse>,
    cleaning_fee: i64,
    tax_rate: Percent,
    deposit_percent: Option<Percent>,
    deposit_amount: Option<i64>,
    cancellation_policy: CancellationPolicy,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AddOnResponse {
    id: AddOnId,
    name: String,
    per_use: i64,
    per_hour: i64,
    stock: Option<i32>,
    stock_shared: bool,
    engineers: Vec<EngineerId>,
}

impl From<AddOn> for AddOnResponse {
    fn from(add_on: AddOn) -> Self {
        let AddOn { id, name, per_use, per_hour, stock, stock_shared, engineers } = add_on;
        Self { id, name, per_use, per_hour, stock, stock_shared, engineers }
    }
}

impl From<PriceList> for PriceListResponse {
    fn from(list: PriceList) -> Self {
        let rates = list.rates;
        Self {
            currency: list.currency,
            hourly_rate: rates.hourly_rate,
            rules: rates.rules,
            day_rate: rates.day_rate,
            duration_discounts: rates.duration_discounts,
            minimum_charge: rates.minimum_charge,
            extra_person: rates.extra_person,
            add_ons: list.add_ons.into_iter().map(AddOnResponse::from).collect(),
            cleaning_fee: rates.cleaning_fee,
            tax_rate: rates.tax_rate,
            deposit_percent: rates.deposit.and_then(Deposit::percent),
            deposit_amount: rates.deposit.and_then(Deposit::amount),
            cancellation_policy: rates.cancellation_policy,
        }
    }
}

impl SetPricesRequest {
    fn validated(self) -> Result<NewPriceList, Problem> {
        let mut validation = Validation::default();
        self.check_amounts(&mut validation);
        self.check_lists(&mut validation);
        let rules = validated_rules(&mut validation, self.rules);
        let add_ons = validated_add_ons(&mut validation, self.add_ons);
        let policy = CancellationPolicy::new(self.cancellation_policy);
        if let Err(error) = &policy {
            validation.refuse("/cancellation_policy", error.to_string());
        }
        validation.finish()?;
        let rates = Rates {
            hourly_rate: self.hourly_rate,
            rules,
            day_rate: self.day_rate,
            duration_discounts: self.duration_discounts,
            minimum_charge: self.minimum_charge,
            extra_person: self.extra_person,
            cleaning_fee: self.cleaning_fee.unwrap_or(0),
            tax_rate: self.tax_rate,
            deposit: Deposit::from_parts(self.deposit_percent, self.deposit_amount),
            cancellation_policy: policy.unwrap_or_default(),
        };
        Ok(NewPriceList { currency: self.currency, rates, add_ons })
    }

    fn check_amounts(&self, validation: &mut Validation) {
        validation.amount("/hourly_rate", self.hourly_rate);
        validation.amount("/cleaning_fee", self.cleaning_fee.unwrap_or(0));
        validation.amount("/minimum_charge", self.minimum_charge.unwrap_or(0));
        validation.amount("/deposit_amount", self.deposit_amount.unwrap_or(0));
        let one_deposit = self.deposit_percent.is_none() || self.deposit_amount.is_none();
        validation.demand(one_deposit, "/deposit_amount", "a deposit is a percentage or an amount");
        if let Some(day) = self.day_rate {
            validation.amount("/day_rate/amount", day.amount);
            validation.within("/day_rate/hours", day.hours, 1..=24);
        }
        if let Some(extra) = self.extra_person {
            validation.within("/extra_person/included", extra.included, 1..=10_000);
            validation.amount("/extra_person/per_use", extra.per_use);
            validation.amount("/extra_person/per_hour", extra.per_hour);
        }
    }

    fn check_lists(&self, validation: &mut Validation) {
        for (length, pointer) in [
            (self.rules.len(), "/rules"),
            (self.duration_discounts.len(), "/duration_discounts"),
            (self.add_ons.len(), "/add_ons"),
            (self.cancellation_policy.len(), "/cancellation_policy"),
        ] {
            validation.demand(length <= MAX_ENTRIES, pointer, "too many entries");
        }
        for (index, discount) in self.duration_discounts.iter().enumerate() {
            validation.within(&format!("/duration_discounts/{index}/min_hours"), discount.min_hours, 1..=168);
        }
        let hours: BTreeSet<i32> = self.duration_discounts.iter().map(|discount| discount.min_hours).collect();
        let unique = hours.len() == self.duration_discounts.len();
        validation.demand(unique, "/duration_discounts", "min_hours must differ");
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

fn validated_add_ons(validation: &mut Validation, add_ons: Vec<AddOnBody>) -> Vec<NewAddOn> {
    let mut names = BTreeSet::new();
    let add_ons = add_ons.into_iter().enumerate();
    add_ons
        .map(|(index, add_on)| {
            let name = validation.line(&format!("/add_ons/{index}/name"), &add_on.name, 80);
            validation.demand(names.insert(name.clone()), format!("/add_ons/{index}/name"), "names must differ");
            let (per_use, per_hour) = (add_on.per_use.unwrap_or(0), add_on.per_hour.unwrap_or(0));
            validation.amount(&format!("/add_ons/{index}/per_use"), per_use);
            validation.amount(&format!("/add_ons/{index}/per_hour"), per_hour);
            let (stock, stock_shared, engineers) = (add_on.stock, add_on.stock_shared, add_on.engineers);
            validation.within(&format!("/add_ons/{index}/stock"), stock.unwrap_or(0), 0..=10_000);
            let counted = stock.is_some() || !stock_shared;
            validation.demand(counted, format!("/add_ons/{index}/stock_shared"), "only with a stock");
            let different: BTreeSet<EngineerId> = engineers.iter().copied().collect();
            let valid = different.len() == engineers.len() && engineers.len() <= MAX_ENTRIES;
            validation.demand(valid, format!("/add_ons/{index}/engineers"), "expected up to 50 different engineers");
            NewAddOn { name, per_use, per_hour, stock, stock_shared, engineers }
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
