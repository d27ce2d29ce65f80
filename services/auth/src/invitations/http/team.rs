//! What a company does with its invitations. The company is named by `company_id`: in the query where there is no body.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::{CompanyId, InvitationId, UserId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{
    Caller, Json, Page, PageQuery, Path, Query,
    identity::{CompanyRole, permissions::ManageTeam},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    invitations::{Invitation, InvitationState, commands},
    sessions::Device,
    users::Email,
};

/// An invitation as the company sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationResponse {
    id: InvitationId,
    company_id: CompanyId,
    #[schema(format = "email")]
    email: String,
    role: CompanyRole,
    state: InvitationState,
    invited_by: UserId,
    #[schema(value_type = String, format = "date-time")]
    mailed_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

impl InvitationResponse {
    fn new(invitation: Invitation, now: Timestamp) -> Self {
        Self {
            state: invitation.state_at(now),
            id: invitation.id,
            company_id: invitation.company_id,
            email: invitation.email.to_string(),
            role: invitation.role,
            invited_by: invitation.invited_by,
            mailed_at: invitation.mailed_at,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    company_id: CompanyId,
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    role: CompanyRole,
}

/// Invites an address by mail; the link works for a week. Managers invite staff, owners everybody.
#[utoipa::path(
    tag = "teams",
    operation_id = "invite_member",
    security(("bearer" = [])),
    request_body = InviteRequest,
    responses(
        (status = 201, body = InvitationResponse),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 429, body = ProblemBody),
    )
)]
#[post("/api/teams/invite")]
pub async fn invite(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<InviteRequest>,
) -> Result<HttpResponse, Problem> {
    let allowed = caller.allowed::<ManageTeam>(request.company_id)?;
    let invitation = commands::invite(&app, (&allowed, device), (&request.email, request.role)).await?;
    Ok(HttpResponse::Created().json(InvitationResponse::new(invitation, app.clock.now())))
}

/// Which company's invitations, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListInvitationsQuery {
    pub company_id: CompanyId,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// The company's invitations, newest first, for its owners and managers.
#[utoipa::path(
    tag = "teams",
    operation_id = "list_invitations",
    security(("bearer" = [])),
    params(ListInvitationsQuery),
    responses(
        (status = 200, body = Page<InvitationResponse>),
        (status = 404, body = ProblemBody),
    )
)]
#[get("/api/teams/invitations")]
pub async fn list_invitations(
    app: Data<App>,
    caller: Caller,
    query: Query<ListInvitationsQuery>,
) -> Result<web::Json<Page<InvitationResponse>>, Problem> {
    let allowed = caller.allowed::<ManageTeam>(query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit()?;
    let invitations = commands::list(&app, &allowed, (page.after()?, limit)).await?;
    let now = app.clock.now();
    let page = Page::of(invitations, limit, |invitation| invitation.id);
    Ok(web::Json(page.map(|invitation| InvitationResponse::new(invitation, now))))
}

/// Sends the mail again, with a new link and a new week; the link before works no more.
#[utoipa::path(
    tag = "teams",
    operation_id = "resend_invitation",
    security(("bearer" = [])),
    params(("invitation_id" = InvitationId, Path)),
    responses(
        (status = 200, body = InvitationResponse),
        (status = 410, body = ProblemBody),
        (status = 429, body = ProblemBody),
    )
)]
#[post("/api/teams/invitations/{invitation_id}/resend")]
pub async fn resend_invitation(
    app: Data<App>,
    caller: Caller,
    device: Device,
    invitation_id: Path<InvitationId>,
) -> Result<web::Json<InvitationResponse>, Problem> {
    let invitation = commands::resend(&app, (&caller, device), *invitation_id).await?;
    Ok(web::Json(InvitationResponse::new(invitation, app.clock.now())))
}

/// The link works no more.
#[utoipa::path(
    tag = "teams",
    operation_id = "withdraw_invitation",
    security(("bearer" = [])),
    params(("invitation_id" = InvitationId, Path)),
    responses(
        (status = 204),
        (status = 410, body = ProblemBody),
    )
)]
#[delete("/api/teams/invitations/{invitation_id}")]
pub async fn withdraw_invitation(
    app: Data<App>,
    caller: Caller,
    device: Device,
    invitation_id: Path<InvitationId>,
) -> Result<HttpResponse, Problem> {
    commands::withdraw(&app, (&caller, device), *invitation_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whose address, for which company.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckEmailQuery {
    pub company_id: CompanyId,
    #[param(value_type = String, format = "email", max_length = 254)]
    pub email: Email,
}

/// What the company knows of an address by itself; nothing is said of accounts elsewhere.
#[derive(Serialize, ToSchema)]
pub struct CheckEmailResponse {
    /// The address of somebody who works for this company.
    member: bool,
    /// An invitation of this company waits there.
    invited: bool,
}

/// Whether an address belongs to the company's team already, or is invited. It says the same of a stranger with an account
/// as of an address that has none.
#[utoipa::path(
    tag = "teams",
    operation_id = "check_team_email",
    security(("bearer" = [])),
    params(CheckEmailQuery),
    responses(
        (status = 200, body = CheckEmailResponse),
        (status = 404, body = ProblemBody),
    )
)]
#[get("/api/teams/check-email")]
pub async fn check_email(
    app: Data<App>,
    caller: Caller,
    query: Query<CheckEmailQuery>,
) -> Result<web::Json<CheckEmailResponse>, Problem> {
    let allowed = caller.allowed::<ManageTeam>(query.company_id)?;
    let standing = commands::check_email(&app, &allowed, &query.email).await?;
    Ok(web::Json(CheckEmailResponse { member: standing.member, invited: standing.invited }))
}
