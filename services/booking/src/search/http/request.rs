//! A search as clients write it.

use jiff::tz::TimeZone;
use kernel::CityId;
use problem::Problem;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Deserialize;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::{
    availability::Asked,
    badges::Badge,
    equipment::model::key_of,
    interval::Interval,
    local_time::When,
    rooms::model::MAX_DURATION_MINUTES,
    search::{
        model::{Circle, Search, Sort},
        text::fold,
    },
    validation::{MAX_AMOUNT, Validation},
};

/// More things or badges than anybody asks for at once.
const MAX_WISHES: usize = 20;

/// That of the things themselves.
const LONGEST_NAME: usize = 80;

/// What to look for; absent is anything. Rates are net.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchStudiosRequest {
    #[schema(max_length = 200)]
    query: Option<String>,
    city_id: Option<CityId>,
    near: Option<NearBody>,
    /// One room is free and the studio open for all of it, and it may still be booked.
    free: Option<FreeBody>,
    /// Minor units.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    max_hourly_rate: Option<i64>,
    #[schema(minimum = 0, maximum = 10_000)]
    min_capacity: Option<i32>,
    /// Names or keys; all of them in one room, or in its studio for all rooms.
    #[serde(default)]
    #[schema(max_items = 20)]
    equipment: Vec<WantedThing>,
    /// All of them.
    #[serde(default)]
    #[schema(max_items = 20)]
    badges: Vec<Badge>,
    /// Stars on average, 0 to 5; a studio without reviews has none.
    #[schema(pattern = "^[0-5](\\.[0-9]{1,2})?$", example = "4.5")]
    min_rating: Option<String>,
    /// `distance` where `near` is given, else `relevance`: the guide tells what that is.
    sort: Option<Sort>,
}

/// Equipment by its name or key.
#[derive(Debug, Deserialize)]
pub struct WantedThing(String);

impl utoipa::PartialSchema for WantedThing {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LONGEST_NAME));
        text.examples(["grand-piano"]).build().into()
    }
}

impl ToSchema for WantedThing {}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NearBody {
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    #[schema(minimum = 0.001, maximum = 20_000)]
    radius_km: f64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeBody {
    starts_at: When,
    ends_at: When,
}

impl SearchStudiosRequest {
    pub fn validated(&self) -> Result<(Search, Sort), Problem> {
        let mut validation = Validation::default();
        let words = validation.optional_line("/query", self.query.as_deref(), 200);
        if let Some(near) = &self.near {
            validation.within("/near/latitude", near.latitude, -90.0..=90.0);
            validation.within("/near/longitude", near.longitude, -180.0..=180.0);
            validation.within("/near/radius_km", near.radius_km, 0.001..=20_000.0);
        }
        validation.within("/max_hourly_rate", self.max_hourly_rate.unwrap_or(0), 0..=MAX_AMOUNT);
        validation.within("/min_capacity", self.min_capacity.unwrap_or(0), 0..=10_000);
        let equipment = self.equipment(&mut validation);
        validation.demand(self.badges.len() <= MAX_WISHES, "/badges", "too many");
        let min_rating = self.min_rating(&mut validation);
        let sort = self.sort.unwrap_or(if self.near.is_some() { Sort::Distance } else { Sort::Relevance });
        validation.demand(sort != Sort::Distance || self.near.is_some(), "/sort", "distance needs near");
        let free = self.free(&mut validation);
        validation.finish()?;
        let circle =
            |near: &NearBody| Circle { latitude: near.latitude, longitude: near.longitude, radius_km: near.radius_km };
        let search = Search {
            words: words.map(|words| fold(&words)),
            city_id: self.city_id,
            near: self.near.as_ref().map(circle),
            free,
            max_hourly_rate: self.max_hourly_rate,
            min_capacity: self.min_capacity,
            equipment,
            badges: self.badges.clone(),
            min_rating,
        };
        Ok((search, sort))
    }

    fn equipment(&self, validation: &mut Validation) -> Vec<String> {
        validation.demand(self.equipment.len() <= MAX_WISHES, "/equipment", "too many");
        let mut keys = Vec::new();
        for (index, WantedThing(name)) in self.equipment.iter().enumerate().take(MAX_WISHES) {
            let pointer = format!("/equipment/{index}");
            let key = key_of(&validation.line(&pointer, name, LONGEST_NAME));
            validation.demand(key.is_some(), pointer, "expected letters or digits");
            keys.extend(key);
        }
        keys
    }

    /// In hundredths of a star.
    fn min_rating(&self, validation: &mut Validation) -> Option<i32> {
        let text = self.min_rating.as_deref()?;
        let plain = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let stars = text.parse::<Decimal>().ok().filter(|stars| plain && *stars <= Decimal::from(5));
        validation.demand(stars.is_some(), "/min_rating", "expected 0 to 5 stars, such as 4.5");
        (stars? * Decimal::ONE_HUNDRED).to_i32()
    }

    /// Studios are in many zones, so the offset must be given here.
    fn free(&self, validation: &mut Validation) -> Option<Interval> {
        let free = self.free.as_ref()?;
        let local = |when: When| matches!(when, When::Local(_));
        validation.demand(!local(free.starts_at), "/free/starts_at", "expected an offset");
        validation.demand(!local(free.ends_at), "/free/ends_at", "expected an offset");
        let asked = Asked { starts_at: free.starts_at, ends_at: free.ends_at };
        let interval = asked.interval(&TimeZone::UTC);
        match interval {
            Err(error) => validation.refuse("/free", error.to_string()),
            Ok(interval) => {
                let longest = i64::from(MAX_DURATION_MINUTES);
                validation.demand(interval.minutes() <= longest, "/free", "longer than any booking");
            }
        }
        interval.ok()
    }
}
