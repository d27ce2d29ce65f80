//! `POST /internal/invitations/{invitation_id}/mint`.

use actix_web::{
    post,
    web::{self, Data},
};
use kernel::InvitationId;
use problem::Problem;
use secrecy::ExposeSecret;
use service_kit::{Path, identity::CalledBy};

use crate::{
    App,
    invitations::commands,
    one_time_tokens::http::{Mailer, MintedSecret},
};

/// The secret for a mail that is being sent; 404 when the invitation was accepted, withdrawn or is over.
#[utoipa::path(
    tag = "internal",
    operation_id = "mint_invitation_secret",
    security(("bearer" = [])),
    params(("invitation_id" = InvitationId, Path)),
    responses((status = 200, body = MintedSecret))
)]
#[post("/internal/invitations/{invitation_id}/mint")]
pub async fn mint_invitation_secret(
    app: Data<App>,
    _caller: CalledBy<Mailer>,
    invitation_id: Path<InvitationId>,
) -> Result<web::Json<MintedSecret>, Problem> {
    let secret = commands::mint(&app, *invitation_id).await?;
    Ok(web::Json(MintedSecret { secret: secret.expose_secret().to_owned() }))
}
