//! What whoever holds the link of an invitation can do with it.

use actix_web::{
    get, post,
    web::{self, Data},
};
use kernel::CompanyId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Path, extract::OptionalJson, identity::CompanyRole};
use utoipa::ToSchema;

use crate::{
    App,
    actor::Actor,
    invitations::{
        InvitationError,
        accept::{self, NewPerson},
    },
    passwords::NewPassword,
    sessions::{Device, http::TokensResponse},
    users::PersonName,
};

/// An invitation as its holder sees it.
#[derive(Serialize, ToSchema)]
pub struct InvitationOffer {
    company_id: CompanyId,
    company_name: String,
    #[schema(format = "email")]
    email: String,
    role: CompanyRole,
}

/// What a link offers, for the page that asks whether to accept. The link is the proof; no login is needed.
#[utoipa::path(
    tag = "teams",
    operation_id = "show_invitation",
    params(("token" = String, Path, description = "The `token` of the mailed link")),
    responses(
        (status = 200, body = InvitationOffer),
        (status = 410, body = ProblemBody),
    )
)]
#[get("/api/teams/invitations/{token}/offer")]
pub async fn show_invitation(app: Data<App>, token: Path<String>) -> Result<web::Json<InvitationOffer>, Problem> {
    let invited = accept::find_by_link(&app, &token).await?;
    Ok(web::Json(InvitationOffer {
        company_id: invited.company.id,
        company_name: invited.company.name.as_str().to_owned(),
        email: invited.invitation.email.to_string(),
        role: invited.invitation.role,
    }))
}

/// Nothing for who is signed in; name and password of a new account for who has none.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitationRequest {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<PersonName>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "password", min_length = 12, max_length = 128)]
    password: Option<NewPassword>,
}

/// The company one works for now.
#[derive(Serialize, ToSchema)]
pub struct AcceptedInvitation {
    company_id: CompanyId,
    company_name: String,
    role: CompanyRole,
    /// Of the new account; null for who was signed in.
    #[schema(required)]
    tokens: Option<TokensResponse>,
}

/// Joins the company. Somebody with an account does so signed in, with the account of the invited address; a new person
/// gives name and password, and is registered, verified and signed in.
#[utoipa::path(
    tag = "teams",
    operation_id = "accept_invitation",
    security((), ("bearer" = [])),
    params(("token" = String, Path, description = "The `token` of the mailed link")),
    request_body = AcceptInvitationRequest,
    responses(
        (status = 200, body = AcceptedInvitation),
        (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 410, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/teams/invitations/{token}/accept")]
pub async fn accept_invitation(
    app: Data<App>,
    caller: Option<Caller>,
    device: Device,
    token: Path<String>,
    request: OptionalJson<AcceptInvitationRequest>,
) -> Result<web::Json<AcceptedInvitation>, Problem> {
    if let Some(caller) = caller {
        let (company, role) = accept::accept_as_user(&app, &token, &Actor::new(&caller, device)).await?;
        let company_name = company.name.as_str().to_owned();
        return Ok(web::Json(AcceptedInvitation { company_id: company.id, company_name, role, tokens: None }));
    }
    let signer = app.keyring.signer(app.clock.now()).await?;
    let (company, role, signed_in) = match request.0 {
        AcceptInvitationRequest { name: Some(name), password: Some(password) } => {
            accept::accept_as_new_user(&app, &token, NewPerson { name, password }, &device).await?
        }
        AcceptInvitationRequest { .. } => {
            accept::find_by_link(&app, &token).await?;
            return Err(InvitationError::AccountNeeded.into());
        }
    };
    let tokens = TokensResponse::new(signed_in, &signer, app.clock.now())?;
    let company_name = company.name.as_str().to_owned();
    Ok(web::Json(AcceptedInvitation { company_id: company.id, company_name, role, tokens: Some(tokens) }))
}
