//! What rooms stand for, over HTTP.

use actix_web::{HttpResponse, get, put, web::Data};
use kernel::RoomId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{commands, model::StandsFor};
use crate::{startup::App, validation::Validation};

/// More parts than any room has.
const MAX_PARTS: usize = 200;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomParts {
    /// The room stands for every other room of its studio, also for those that are added later.
    whole_studio: bool,
    /// The rooms it stands for; none with `whole_studio`.
    #[serde(default)]
    #[schema(max_items = 200)]
    room_ids: Vec<RoomId>,
}

impl From<StandsFor> for RoomParts {
    fn from(stands_for: StandsFor) -> Self {
        Self { whole_studio: stands_for == StandsFor::Studio, room_ids: stands_for.parts().to_vec() }
    }
}

impl RoomParts {
    fn validated(&self) -> Result<StandsFor, Problem> {
        let mut validation = Validation::default();
        validation.demand(self.room_ids.len() <= MAX_PARTS, "/room_ids", "too many");
        validation.demand(!self.whole_studio || self.room_ids.is_empty(), "/room_ids", "none with whole_studio");
        validation.finish()?;
        Ok(if self.whole_studio { StandsFor::Studio } else { StandsFor::rooms(self.room_ids.clone()) })
    }
}

/// Say which other rooms a room stands for. Whoever books it has all of them, and it is free only when they are.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    request_body = RoomParts,
    responses((status = 200, body = RoomParts), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[put("/api/rooms/{room_id}/parts")]
pub async fn set_parts(
    app: Data<App>,
    caller: Caller,
    id: Path<RoomId>,
    body: Json<RoomParts>,
) -> Result<HttpResponse, Problem> {
    let stands_for = commands::set_parts(&app, &caller, *id, body.validated()?).await?;
    Ok(HttpResponse::Ok().json(RoomParts::from(stands_for)))
}

/// Which other rooms a room stands for.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = RoomParts))
)]
#[get("/api/rooms/{room_id}/parts")]
pub async fn get_parts(app: Data<App>, id: Path<RoomId>) -> Result<HttpResponse, Problem> {
    let stands_for = commands::get_parts(&app, *id).await?;
    Ok(HttpResponse::Ok().json(RoomParts::from(stands_for)))
}
