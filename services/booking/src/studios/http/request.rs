//! Studios as clients describe them.

use kernel::{CityId, CompanyId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    local_time,
    studios::{
        Slug,
        model::{Address, NewStudio, StudioChange, WantedSlug},
    },
    validation::Validation,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    #[schema(min_length = 1, max_length = 200)]
    line1: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    line2: Option<String>,
    #[schema(min_length = 1, max_length = 20)]
    postal_code: String,
}

impl From<Address> for AddressBody {
    fn from(Address { line1, line2, postal_code }: Address) -> Self {
        Self { line1, line2, postal_code }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateStudioRequest {
    pub company_id: CompanyId,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// Made of the name when absent.
    #[schema(min_length = 2, max_length = 60, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    slug: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    city_id: CityId,
    address: AddressBody,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    /// IANA name; the city's when absent.
    #[schema(max_length = 64)]
    time_zone: Option<String>,
}

/// All of a studio that may change; its company stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateStudioRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// As it is when absent. The one before leads here for ever.
    #[schema(min_length = 2, max_length = 60, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    slug: Option<String>,
    #[schema(max_length = 5000)]
    description: Option<String>,
    city_id: CityId,
    address: AddressBody,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    /// IANA name. As it is when absent, or the new city's where the city changes.
    #[schema(max_length = 64)]
    time_zone: Option<String>,
}

impl CreateStudioRequest {
    pub fn validated(self) -> Result<NewStudio, Problem> {
        let update = UpdateStudioRequest {
            name: self.name,
            slug: self.slug,
            description: self.description,
            city_id: self.city_id,
            address: self.address,
            latitude: self.latitude,
            longitude: self.longitude,
            time_zone: self.time_zone,
        };
        let change = update.validated()?;
        Ok(NewStudio {
            name: change.name,
            slug: change.slug.map_or(WantedSlug::OfName, WantedSlug::Given),
            description: change.description,
            city_id: change.city_id,
            address: change.address,
            latitude: change.latitude,
            longitude: change.longitude,
            time_zone: change.time_zone,
        })
    }
}

impl UpdateStudioRequest {
    pub fn validated(&self) -> Result<StudioChange, Problem> {
        let mut validation = Validation::default();
        let name = validation.line("/name", &self.name, 120);
        let slug = self.slug.as_deref().and_then(|slug| match slug.parse::<Slug>() {
            Ok(slug) => Some(slug),
            Err(error) => {
                validation.refuse("/slug", error.to_string());
                None
            }
        });
        let zone = self.time_zone.as_deref().map(local_time::zone);
        validation.demand(!matches!(zone, Some(None)), "/time_zone", "expected an IANA time zone");
        let time_zone = zone.flatten().and_then(|zone| zone.iana_name().map(str::to_owned));
        let address = self.address.validated(&mut validation);
        let description = validation.optional_prose("/description", self.description.as_deref(), 5000);
        let (latitude, longitude) = (self.latitude, self.longitude);
        validation.position(latitude, longitude);
        validation.finish()?;
        Ok(StudioChange { name, slug, description, city_id: self.city_id, address, latitude, longitude, time_zone })
    }
}

impl AddressBody {
    fn validated(&self, validation: &mut Validation) -> Address {
        Address {
            line1: validation.line("/address/line1", &self.line1, 200),
            line2: validation.optional_line("/address/line2", self.line2.as_deref(), 200),
            postal_code: validation.line("/address/postal_code", &self.postal_code, 20),
        }
    }
}
