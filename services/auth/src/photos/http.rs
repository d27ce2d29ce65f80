//! `/api/user/upload-photo` and `/api/user/photos`.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use kernel::PhotoId;
use problem::{Problem, ProblemBody};
use service_kit::{Caller, Path};
use storage::{
    images::{MAX_BYTES, shown},
    read_upload,
};

use super::{PhotoError, commands, model::SIZES};
use crate::{App, users::http::UserResponse};

/// Makes an image the caller's photo. The body is the file itself, not a form; what it is, its content says: JPEG, PNG or
/// WebP, at most 8 MiB and 40 megapixels. Kept are two JPEGs without metadata, upright, of at most 512 and 128 pixels.
#[utoipa::path(
    tag = "identity",
    operation_id = "upload_photo",
    security(("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The image"),
    responses(
        (status = 200, body = UserResponse),
        (status = 503, body = ProblemBody, description = "Too many images wait to be decoded; see Retry-After."),
    )
)]
#[post("/api/user/upload-photo")]
pub async fn upload_photo(
    app: Data<App>,
    caller: Caller,
    body: web::Payload,
) -> Result<web::Json<UserResponse>, Problem> {
    let content = read_upload(body, MAX_BYTES).await?;
    let profile = commands::upload_photo(&app, caller.user_id(), content).await?;
    Ok(web::Json(profile.into()))
}

/// The caller has no photo any more.
#[utoipa::path(
    tag = "identity",
    operation_id = "delete_photo",
    security(("bearer" = [])),
    responses(
        (status = 204),
        (status = 404, body = ProblemBody),
    )
)]
#[delete("/api/user/photo")]
pub async fn delete_photo(app: Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    commands::delete_photo(&app, caller.user_id()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Somebody's photo. Its address cannot be guessed and never shows another image.
#[utoipa::path(
    tag = "identity",
    operation_id = "show_photo",
    params(("photo_id" = inline(PhotoId), Path), ("edge" = u32, Path, description = "512 or 128: the longer side at most")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>))
)]
#[get("/api/user/photos/{photo_id}/{edge}")]
pub async fn show_photo(app: Data<App>, path: Path<(PhotoId, String)>) -> Result<HttpResponse, Problem> {
    let edge = SIZES.edge(&path.1).ok_or(PhotoError::NotFound)?;
    Ok(shown(commands::find_photo(&app, path.0.0, edge).await?))
}
