//! Who runs a company: its owners and managers.

use actix_web::{
    HttpResponse, delete, post,
    web::{self, Data},
};
use kernel::{CompanyId, UserId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{
    Allowed, Json, Path,
    identity::{
        CompanyRole,
        permissions::{ManageAdmins, TransferCompany},
    },
};
use utoipa::ToSchema;

use super::MemberResponse;
use crate::{App, actor::Actor, members::commands, sessions::Device};

/// A role with which one runs a company.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdminRole {
    #[default]
    Manager,
    Owner,
}

impl From<AdminRole> for CompanyRole {
    fn from(role: AdminRole) -> Self {
        match role {
            AdminRole::Manager => Self::Manager,
            AdminRole::Owner => Self::Owner,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAdminRequest {
    /// A member of the company.
    user_id: UserId,
    /// A manager when absent.
    #[serde(default)]
    role: AdminRole,
}

/// Makes a member a manager or an owner; only owners do.
#[utoipa::path(
    tag = "companies",
    operation_id = "add_company_admin",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    request_body = AddAdminRequest,
    responses(
        (status = 200, body = MemberResponse),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/companies/{company_id}/admins")]
pub async fn add_admin(
    app: Data<App>,
    allowed: Allowed<ManageAdmins>,
    device: Device,
    request: Json<AddAdminRequest>,
) -> Result<web::Json<MemberResponse>, Problem> {
    let AddAdminRequest { user_id, role } = request.into_inner();
    let (company_id, actor) = (allowed.company_id(), Actor::new(allowed.caller(), device));
    let member = commands::change_role(&app, company_id, &actor, (user_id, role.into())).await?;
    Ok(web::Json(MemberResponse::from(member)))
}

/// Makes a manager or an owner staff; only owners do. The last owner stays: 409 `last_owner`.
#[utoipa::path(
    tag = "companies",
    operation_id = "remove_company_admin",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path), ("user_id" = UserId, Path)),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody),
    )
)]
#[delete("/api/companies/{company_id}/admins/{user_id}")]
pub async fn remove_admin(
    app: Data<App>,
    allowed: Allowed<ManageAdmins>,
    device: Device,
    path: Path<(CompanyId, UserId)>,
) -> Result<HttpResponse, Problem> {
    let (company_id, actor) = (allowed.company_id(), Actor::new(allowed.caller(), device));
    commands::change_role(&app, company_id, &actor, (path.1, CompanyRole::Staff)).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferOwnershipRequest {
    /// A member of the company.
    user_id: UserId,
}

/// Makes a member the owner in the caller's place, who stays as a manager.
#[utoipa::path(
    tag = "companies",
    operation_id = "transfer_company_ownership",
    security(("bearer" = [])),
    params(("company_id" = CompanyId, Path)),
    request_body = TransferOwnershipRequest,
    responses((status = 200, body = MemberResponse))
)]
#[post("/api/companies/{company_id}/transfer-ownership")]
pub async fn transfer_ownership(
    app: Data<App>,
    allowed: Allowed<TransferCompany>,
    device: Device,
    request: Json<TransferOwnershipRequest>,
) -> Result<web::Json<MemberResponse>, Problem> {
    let member = commands::transfer_ownership(&app, &allowed, (device, request.user_id)).await?;
    Ok(web::Json(MemberResponse::from(member)))
}
