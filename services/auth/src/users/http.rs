//! One's own account, and what other services may know of a user.

use actix_web::{get, post, put, web::Data};
use jiff::Timestamp;
use kernel::{CompanyId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Caller, Json, Path,
    identity::{CalledBy, CompanyRole, PlatformRole, ServiceCaller},
};
use utoipa::ToSchema;

use super::{Membership, PersonName, Profile, UserRole, commands};
use crate::{App, photos, sessions::Device};

/// A person as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserResponse {
    id: UserId,
    #[schema(format = "email")]
    email: String,
    email_verified: bool,
    name: String,
    role: UserRole,
    #[schema(required)]
    platform_role: Option<PlatformRole>,
    companies: Vec<MembershipResponse>,
    /// Relative to the address of the API; null without a photo.
    #[schema(required, example = "/api/user/photos/pho_01h455vb4pex5vsknk084sn02q/512")]
    photo_url: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

/// A company the person works for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
pub struct MembershipResponse {
    id: CompanyId,
    slug: String,
    name: String,
    role: CompanyRole,
}

impl From<Profile> for UserResponse {
    fn from(Profile { user, companies, photo_id }: Profile) -> Self {
        Self {
            id: user.id,
            email: user.email.to_string(),
            email_verified: user.email_verified,
            name: user.name.as_str().to_owned(),
            role: user.role,
            platform_role: user.platform_role,
            companies: companies.into_iter().map(MembershipResponse::from).collect(),
            photo_url: photo_id.map(photos::url),
            created_at: user.created_at,
        }
    }
}

impl From<Membership> for MembershipResponse {
    fn from(membership: Membership) -> Self {
        Self { id: membership.company_id, slug: membership.slug, name: membership.name, role: membership.role }
    }
}

/// Who am I.
#[utoipa::path(
    tag = "identity",
    operation_id = "me",
    security(("bearer" = [])),
    responses((status = 200, body = UserResponse))
)]
#[get("/api/auth/me")]
pub async fn me(app: Data<App>, caller: Caller) -> Result<actix_web::web::Json<UserResponse>, Problem> {
    let profile = commands::find_profile(&app, caller.user_id()).await?;
    Ok(actix_web::web::Json(profile.into()))
}

/// The caller's profile.
#[utoipa::path(
    tag = "identity",
    operation_id = "my_profile",
    security(("bearer" = [])),
    responses((status = 200, body = UserResponse))
)]
#[get("/api/user/me")]
pub async fn my_profile(app: Data<App>, caller: Caller) -> Result<actix_web::web::Json<UserResponse>, Problem> {
    let profile = commands::find_profile(&app, caller.user_id()).await?;
    Ok(actix_web::web::Json(profile.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateProfileRequest {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: PersonName,
}

/// Changes the caller's profile.
#[utoipa::path(
    tag = "identity",
    operation_id = "update_profile",
    security(("bearer" = [])),
    request_body = UpdateProfileRequest,
    responses((status = 200, body = UserResponse))
)]
#[put("/api/user/update")]
pub async fn update_profile(
    app: Data<App>,
    caller: Caller,
    request: Json<UpdateProfileRequest>,
) -> Result<actix_web::web::Json<UserResponse>, Problem> {
    let profile = commands::update_profile(&app, caller.user_id(), &request.name).await?;
    Ok(actix_web::web::Json(profile.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRoleRequest {
    role: UserRole,
}

/// Chooses between the view of a customer and that of a studio owner.
#[utoipa::path(
    tag = "identity",
    operation_id = "set_role",
    security(("bearer" = [])),
    request_body = SetRoleRequest,
    responses((status = 200, body = UserResponse))
)]
#[post("/api/user/set-role")]
pub async fn set_role(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<SetRoleRequest>,
) -> Result<actix_web::web::Json<UserResponse>, Problem> {
    let profile = commands::set_role(&app, caller.user_id(), request.role, &device).await?;
    Ok(actix_web::web::Json(profile.into()))
}

/// Who may look people up.
pub struct UserReaders;

impl ServiceCaller for UserReaders {
    const ALLOWED: &'static [&'static str] = &["messaging", "billing", "booking"];
}

/// A person as other services may know them.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownUser {
    id: UserId,
    email: String,
    name: String,
    email_verified: bool,
}

/// A user, for the services that write to them.
#[utoipa::path(
    tag = "internal",
    operation_id = "show_user",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path)),
    responses((status = 200, body = KnownUser))
)]
#[get("/internal/users/{user_id}")]
pub async fn show_user(
    app: Data<App>,
    _caller: CalledBy<UserReaders>,
    user_id: Path<UserId>,
) -> Result<actix_web::web::Json<KnownUser>, Problem> {
    let user = commands::find_user(&app, *user_id).await?;
    Ok(actix_web::web::Json(KnownUser {
        id: user.id,
        email: user.email.to_string(),
        name: user.name.as_str().to_owned(),
        email_verified: user.email_verified,
    }))
}
