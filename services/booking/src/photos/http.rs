//! `/api/rooms/{room_id}/photos` and `/api/photos`.

use actix_web::{
    HttpResponse, delete, get, post, put,
    web::{self, Data},
};
use kernel::{PhotoId, RoomId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use storage::{
    images::{MAX_BYTES, shown},
    read_upload,
};
use utoipa::ToSchema;

use super::{
    PhotoError, commands,
    model::{Photo, SIZES, thumbnail_url, url},
};
use crate::startup::App;

/// A photo of a room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomPhoto)]
pub struct PhotoBody {
    id: PhotoId,
    /// At most 1600 pixels on the longer side, relative to the API's address.
    url: String,
    /// At most 400 pixels.
    thumbnail_url: String,
    /// Of the larger one.
    width: i32,
    height: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PhotosResponse {
    photos: Vec<PhotoBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderPhotosRequest {
    /// Every photo of the room, once.
    photo_ids: Vec<PhotoId>,
}

impl From<Photo> for PhotoBody {
    fn from(photo: Photo) -> Self {
        let Photo { id, width, height } = photo;
        Self { id, url: url(id), thumbnail_url: thumbnail_url(id), width, height }
    }
}

/// Add a photo to a room, after those it has; at most 30. The body is the file itself, not a form; what it is, its content
/// says: JPEG, PNG or WebP, at most 8 MiB and 40 megapixels. Kept are two JPEGs without metadata, upright, of at most 1600
/// and 400 pixels.
#[utoipa::path(
    tag = "rooms",
    operation_id = "upload_room_photo",
    params(("room_id" = RoomId, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The image"),
    responses(
        (status = 201, body = PhotoBody),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many images wait to be decoded; see Retry-After."),
    ),
    security(("bearer" = []))
)]
#[post("/api/rooms/{room_id}/photos")]
pub async fn upload_photo(
    app: Data<App>,
    caller: Caller,
    room_id: Path<RoomId>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    commands::ensure_may_upload(&app, &caller, *room_id).await?;
    let content = read_upload(body, MAX_BYTES).await?;
    let photo = commands::upload_photo(&app, *room_id, content).await?;
    Ok(HttpResponse::Created().json(PhotoBody::from(photo)))
}

/// Put a room's photos into an order.
#[utoipa::path(
    tag = "rooms",
    operation_id = "reorder_room_photos",
    params(("room_id" = RoomId, Path)),
    request_body = ReorderPhotosRequest,
    responses((status = 200, body = PhotosResponse)),
    security(("bearer" = []))
)]
#[put("/api/rooms/{room_id}/photos/order")]
pub async fn reorder_photos(
    app: Data<App>,
    caller: Caller,
    room_id: Path<RoomId>,
    body: Json<ReorderPhotosRequest>,
) -> Result<HttpResponse, Problem> {
    let photos = commands::reorder_photos(&app, &caller, *room_id, &body.photo_ids).await?;
    Ok(HttpResponse::Ok().json(PhotosResponse { photos: photos.into_iter().map(PhotoBody::from).collect() }))
}

/// Delete a photo of a room.
#[utoipa::path(
    tag = "rooms",
    operation_id = "delete_room_photo",
    params(("photo_id" = PhotoId, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[delete("/api/photos/{photo_id}")]
pub async fn delete_photo(app: Data<App>, caller: Caller, id: Path<PhotoId>) -> Result<HttpResponse, Problem> {
    commands::delete_photo(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A photo of a room. Its address never shows another image.
#[utoipa::path(
    tag = "rooms",
    operation_id = "show_room_photo",
    params(
        ("photo_id" = inline(PhotoId), Path),
        ("edge" = u32, Path, description = "1600 or 400: the longer side at most"),
    ),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>))
)]
#[get("/api/photos/{photo_id}/{edge}")]
pub async fn show_photo(app: Data<App>, path: Path<(PhotoId, String)>) -> Result<HttpResponse, Problem> {
    let edge = SIZES.edge(&path.1).ok_or(PhotoError::NotFound)?;
    Ok(shown(commands::find_photo(&app, path.0.0, edge).await?))
}
