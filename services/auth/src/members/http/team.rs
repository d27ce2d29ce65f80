//! The members of a company. The company is named by `company_id`: in the query where there is no body.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use kernel::{CompanyId, UserId};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{
    Caller, Json, Page, PageQuery, Path, Query,
    identity::{
        CompanyRole,
        permissions::{ManageTeam, ViewTeam},
    },
};
use utoipa::{IntoParams, ToSchema};

use super::MemberResponse;
use crate::{
    App,
    actor::Actor,
    members::commands::{self, Added},
    sessions::Device,
};

/// Which company's team, and which page of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListMembersQuery {
    pub company_id: CompanyId,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Who works for the company, for everybody who does.
#[utoipa::path(
    tag = "teams",
    operation_id = "list_members",
    security(("bearer" = [])),
    params(ListMembersQuery),
    responses(
        (status = 200, body = Page<MemberResponse>),
        (status = 404, body = ProblemBody),
    )
)]
#[get("/api/teams/members")]
pub async fn list_members(
    app: Data<App>,
    caller: Caller,
    query: Query<ListMembersQuery>,
) -> Result<web::Json<Page<MemberResponse>>, Problem> {
    let allowed = caller.allowed::<ViewTeam>(query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit()?;
    let members = commands::list_members(&app, &allowed, (page.after()?, limit)).await?;
    Ok(web::Json(Page::of(members, limit, |member| member.user_id).map(MemberResponse::from)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMemberRequest {
    company_id: CompanyId,
    user_id: UserId,
    role: CompanyRole,
}

/// Adds somebody who works already for another company that the caller runs, or gives a member another role. Managers
/// add staff, owners everybody. Anybody else is 404: invite them, so that they can agree.
#[utoipa::path(
    tag = "teams",
    operation_id = "add_member",
    security(("bearer" = [])),
    request_body = AddMemberRequest,
    responses(
        (status = 200, body = MemberResponse, description = "A member has this role now."),
        (status = 201, body = MemberResponse),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/teams/members")]
pub async fn add_member(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<AddMemberRequest>,
) -> Result<HttpResponse, Problem> {
    let AddMemberRequest { company_id, user_id, role } = request.into_inner();
    caller.allowed::<ManageTeam>(company_id)?;
    let companies = caller.claims().companies.iter().map(|membership| membership.id);
    let run_by_caller: Vec<CompanyId> = companies.filter(|id| caller.allowed::<ManageTeam>(*id).is_ok()).collect();
    let actor = Actor::new(&caller, device);
    Ok(match commands::add_member(&app, (company_id, &actor), &run_by_caller, (user_id, role)).await? {
        Added::Joined(member) => HttpResponse::Created().json(MemberResponse::from(member)),
        Added::Changed(member) => HttpResponse::Ok().json(MemberResponse::from(member)),
    })
}

/// Which company's team.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TeamQuery {
    pub company_id: CompanyId,
}

/// Removes a member, or lets the caller leave. Managers remove staff, owners everybody; the last owner stays: 409
/// `last_owner`.
#[utoipa::path(
    tag = "teams",
    operation_id = "remove_member",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path), TeamQuery),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody),
    )
)]
#[delete("/api/teams/members/{user_id}")]
pub async fn remove_member(
    app: Data<App>,
    caller: Caller,
    device: Device,
    user_id: Path<UserId>,
    query: Query<TeamQuery>,
) -> Result<HttpResponse, Problem> {
    let allowed = caller.allowed::<ViewTeam>(query.company_id)?;
    commands::remove_member(&app, allowed.company_id(), &Actor::new(&caller, device), *user_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
