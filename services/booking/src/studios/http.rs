//! Studios over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::{CityId, CompanyId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{
    Slug,
    commands::{self, StudioPage},
    model::{Address, NewStudio, Studio, WantedSlug},
    store::StudioKey,
};
use crate::{
    hours::http::SpanBody, local_time, places::http::CityResponse, rooms::http::RoomResponse, startup::App,
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

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateStudioRequest {
    company_id: CompanyId,
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
    time_zone: Option<String>,
}

/// A studio as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudioSummary {
    id: StudioId,
    slug: String,
    company_id: CompanyId,
    name: String,
    description: Option<String>,
    city: CityResponse,
    address: AddressBody,
    latitude: f64,
    longitude: f64,
    time_zone: String,
    rating: Option<Rating>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What reviews say on average; null while there are none.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rating {
    #[schema(example = "4.5")]
    average: String,
    count: i64,
}

/// A studio's page.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudioResponse {
    #[serde(flatten)]
    studio: StudioSummary,
    hours: Vec<SpanBody>,
    rooms: Vec<RoomResponse>,
}

impl From<Studio> for StudioSummary {
    fn from(studio: Studio) -> Self {
        let Address { line1, line2, postal_code } = studio.address;
        Self {
            id: studio.id,
            slug: studio.slug,
            company_id: studio.company_id,
            name: studio.name,
            description: studio.description,
            city: studio.city.into(),
            address: AddressBody { line1, line2, postal_code },
            latitude: studio.latitude,
            longitude: studio.longitude,
            time_zone: studio.time_zone,
            rating: None,
            created_at: studio.created_at,
        }
    }
}

impl From<StudioPage> for StudioResponse {
    fn from(page: StudioPage) -> Self {
        Self {
            studio: page.studio.into(),
            hours: page.hours.spans().iter().copied().map(SpanBody::from).collect(),
            rooms: page.rooms.into_iter().map(RoomResponse::from).collect(),
        }
    }
}

impl CreateStudioRequest {
    fn validated(&self) -> Result<NewStudio, Problem> {
        let mut validation = Validation::default();
        let name = validation.line("/name", &self.name, 120);
        let slug = match self.slug.as_deref().map(str::parse::<Slug>) {
            None => WantedSlug::OfName,
            Some(Ok(slug)) => WantedSlug::Given(slug),
            Some(Err(error)) => {
                validation.refuse("/slug", error.to_string());
                WantedSlug::OfName
            }
        };
        let zone = self.time_zone.as_deref().map(local_time::zone);
        validation.demand(!matches!(zone, Some(None)), "/time_zone", "expected an IANA time zone");
        let time_zone = zone.flatten().and_then(|zone| zone.iana_name().map(str::to_owned));
        let address = Address {
            line1: validation.line("/address/line1", &self.address.line1, 200),
            line2: validation.optional_line("/address/line2", self.address.line2.as_deref(), 200),
            postal_code: validation.line("/address/postal_code", &self.address.postal_code, 20),
        };
        let description = validation.optional_prose("/description", self.description.as_deref(), 5000);
        let (latitude, longitude) = (self.latitude, self.longitude);
        validation.position(latitude, longitude);
        validation.finish()?;
        Ok(NewStudio { name, slug, description, city_id: self.city_id, address, latitude, longitude, time_zone })
    }
}

/// Create a studio for a company that the caller manages.
#[utoipa::path(
    tag = "studios",
    request_body = CreateStudioRequest,
    responses(
        (status = 201, body = StudioResponse), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/studios")]
pub async fn create_studio(
    app: Data<App>,
    caller: Caller,
    body: Json<CreateStudioRequest>,
) -> Result<HttpResponse, Problem> {
    let manager = caller.manager_of(body.company_id)?;
    let studio = commands::create_studio(&app, &manager, body.validated()?).await?;
    let response = StudioResponse { studio: studio.into(), hours: Vec::new(), rooms: Vec::new() };
    Ok(HttpResponse::Created().json(response))
}

/// Studios of the companies the caller works for.
#[utoipa::path(
    tag = "studios",
    params(PageQuery),
    responses((status = 200, body = Page<StudioSummary>)),
    security(("bearer" = []))
)]
#[get("/api/studios/my")]
pub async fn list_my_studios(app: Data<App>, caller: Caller, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let studios = commands::list_my_studios(&app, &caller, page.after()?, limit + 1).await?;
    let page = Page::of(studios, limit, |studio| studio.id);
    Ok(HttpResponse::Ok().json(page.map(StudioSummary::from)))
}

/// A studio's page, by id or slug.
#[utoipa::path(
    tag = "studios",
    params(("id_or_slug" = String, Path)),
    responses((status = 200, body = StudioResponse))
)]
#[get("/api/studios/{id_or_slug}")]
pub async fn get_studio(app: Data<App>, id_or_slug: Path<String>) -> Result<HttpResponse, Problem> {
    let key = StudioKey::parse(&id_or_slug).ok_or_else(Problem::not_found)?;
    let page = commands::get_studio(&app, &key).await?;
    Ok(HttpResponse::Ok().json(StudioResponse::from(page)))
}
