//! `/api/companies`, and what other services may know of a company.

use actix_web::{
    HttpResponse, delete, get, post, put,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::{CompanyId, Currency, UserId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{
    Allowed, Caller, Json, Page, PageQuery, Path, Query,
    identity::{
        CalledBy, ServiceCaller,
        permissions::{DeleteCompany, UpdateCompany, ViewCompany},
    },
};
use utoipa::ToSchema;

use super::{
    Company, CompanyName, Country, Slug, VatId, commands, delete,
    store::{CompanyChange, NewCompany},
};
use crate::{App, actor::Actor, sessions::Device};

#[derive(Serialize, ToSchema)]
#[schema(as = Company)]
pub struct CompanyResponse {
    id: CompanyId,
    slug: String,
    name: String,
    #[schema(example = "DE")]
    country: String,
    currency: Currency,
    /// Null also for who does not work for the company.
    #[schema(required)]
    vat_id: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

impl CompanyResponse {
    fn new(company: Company, caller: &Caller) -> Self {
        let is_insider = caller.allowed::<ViewCompany>(company.id).is_ok() || caller.claims().platform_role.is_some();
        let response = Self::from(company);
        if is_insider { response } else { Self { vat_id: None, ..response } }
    }
}

impl From<Company> for CompanyResponse {
    fn from(company: Company) -> Self {
        Self {
            id: company.id,
            slug: company.slug.as_str().to_owned(),
            name: company.name.as_str().to_owned(),
            country: company.country.code(),
            currency: company.currency,
            vat_id: company.vat_id.map(|vat_id| vat_id.as_str().to_owned()),
            created_at: company.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCompanyRequest {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: CompanyName,
    /// Made of the name when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 3, max_length = 63)]
    slug: Option<Slug>,
    /// ISO 3166-1 alpha-2.
    #[schema(value_type = String, pattern = "^[A-Z]{2}$", example = "DE")]
    country: Country,
    currency: Currency,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 60, example = "DE123456789")]
    vat_id: Option<VatId>,
}

/// Founds a company; the caller is its owner.
#[utoipa::path(
    tag = "companies",
    operation_id = "create_company",
    security(("bearer" = [])),
    request_body = CreateCompanyRequest,
    responses(
        (status = 201, body = CompanyResponse),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/companies")]
pub async fn create_company(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<CreateCompanyRequest>,
) -> Result<HttpResponse, Problem> {
    let CreateCompanyRequest { name, slug, country, currency, vat_id } = request.into_inner();
    let company = NewCompany { name, country, currency, vat_id };
    let company = commands::create_company(&app, &Actor::new(&caller, device), &company, slug.as_ref()).await?;
    Ok(HttpResponse::Created().json(CompanyResponse::from(company)))
}

/// The companies the caller works for.
#[utoipa::path(
    tag = "companies",
    operation_id = "list_companies",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<CompanyResponse>))
)]
#[get("/api/companies")]
pub async fn list_companies(
    app: Data<App>,
    caller: Caller,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<CompanyResponse>>, Problem> {
    let limit = page.limit()?;
    let companies = commands::list_companies(&app, caller.user_id(), page.after()?, limit).await?;
    let page = Page::of(companies, limit, |company| company.id);
    Ok(web::Json(page.map(CompanyResponse::from)))
}

/// A company by its id or slug.
#[utoipa::path(
    tag = "companies",
    operation_id = "show_company",
    security(("bearer" = [])),
    params(("company_id" = String, Path, description = "Id or slug")),
    responses((status = 200, body = CompanyResponse))
)]
#[get("/api/companies/{company_id}")]
pub async fn show_company(
    app: Data<App>,
    caller: Caller,
    company: Path<String>,
) -> Result<web::Json<CompanyResponse>, Problem> {
    let company = commands::find_company(&app, &company).await?;
    Ok(web::Json(CompanyResponse::new(company, &caller)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateCompanyRequest {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: CompanyName,
    /// The company is still found under the slugs it had before.
    #[schema(value_type = String, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", min_length = 3, max_length = 63)]
    slug: Slug,
    /// Absent or null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 60, example = "DE123456789")]
    vat_id: Option<VatId>,
}

/// Changes what the company is called, for its owners and managers. Country and currency cannot change.
#[utoipa::path(
    tag = "companies",
    operation_id = "update_company",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    request_body = UpdateCompanyRequest,
    responses(
        (status = 200, body = CompanyResponse),
        (status = 409, body = ProblemBody),
    )
)]
#[put("/api/companies/{company_id}")]
pub async fn update_company(
    app: Data<App>,
    allowed: Allowed<UpdateCompany>,
    device: Device,
    request: Json<UpdateCompanyRequest>,
) -> Result<web::Json<CompanyResponse>, Problem> {
    let UpdateCompanyRequest { name, slug, vat_id } = request.into_inner();
    let company = commands::update_company(&app, (&allowed, device), &CompanyChange { name, slug, vat_id }).await?;
    Ok(web::Json(CompanyResponse::from(company)))
}

/// Closes the company, for its owners; 409 while bookings lie ahead or money is pending.
#[utoipa::path(
    tag = "companies",
    operation_id = "delete_company",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Whether something is owed could not be found out."),
    )
)]
#[delete("/api/companies/{company_id}")]
pub async fn delete_company(
    app: Data<App>,
    allowed: Allowed<DeleteCompany>,
    device: Device,
) -> Result<HttpResponse, Problem> {
    delete::delete_company(&app, &allowed, device).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who may look companies up.
pub struct CompanyReaders;

impl ServiceCaller for CompanyReaders {
    const ALLOWED: &'static [&'static str] = &["booking", "billing", "ledger", "messaging"];
}

/// A company as other services may know it.
#[derive(Serialize, ToSchema)]
pub struct KnownCompany {
    id: CompanyId,
    slug: String,
    name: String,
    country: String,
    currency: Currency,
    /// Its owners and managers.
    staff: Vec<UserId>,
}

/// A company and who runs it.
#[utoipa::path(
    tag = "internal",
    operation_id = "show_company_to_services",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    responses((status = 200, body = KnownCompany))
)]
#[get("/internal/companies/{company_id}")]
pub async fn show_company_to_services(
    app: Data<App>,
    _caller: CalledBy<CompanyReaders>,
    company_id: Path<CompanyId>,
) -> Result<web::Json<KnownCompany>, Problem> {
    let (company, staff) = commands::find_company_with_managers(&app, *company_id).await?;
    Ok(web::Json(KnownCompany {
        id: company.id,
        slug: company.slug.as_str().to_owned(),
        name: company.name.as_str().to_owned(),
        country: company.country.code(),
        currency: company.currency,
        staff,
    }))
}
