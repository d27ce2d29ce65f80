//! Equipment over HTTP.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, post, web::Data};
use kernel::{RoomId, StudioId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{
    commands,
    model::{Item, MAX_ITEMS, key_of},
};
use crate::{startup::App, validation::Validation};

/// A thing that stands there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EquipmentItem)]
pub struct ItemBody {
    /// What search and removal call it: the name in lower case, without accents, words joined by hyphens.
    key: String,
    name: String,
    quantity: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EquipmentResponse {
    equipment: Vec<ItemBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetEquipmentRequest {
    /// In the order they are shown; at most 200, none twice.
    #[schema(max_items = 200)]
    equipment: Vec<NewItem>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEquipmentItem)]
pub struct NewItem {
    #[schema(min_length = 1, max_length = 80, example = "Grand piano")]
    name: String,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, default = 1)]
    quantity: i32,
}

fn one() -> i32 {
    1
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        Self { key: item.key, name: item.name, quantity: item.quantity }
    }
}

impl EquipmentResponse {
    fn of(items: Vec<Item>) -> Self {
        Self { equipment: items.into_iter().map(ItemBody::from).collect() }
    }
}

impl SetEquipmentRequest {
    fn validated(&self) -> Result<Vec<Item>, Problem> {
        let mut validation = Validation::default();
        validation.demand(self.equipment.len() <= MAX_ITEMS, "/equipment", "too many things");
        let mut seen = BTreeMap::new();
        let mut items = Vec::new();
        for (index, new) in self.equipment.iter().enumerate().take(MAX_ITEMS) {
            let pointer = format!("/equipment/{index}/name");
            validation.within(&format!("/equipment/{index}/quantity"), new.quantity, 1..=1000);
            let name = validation.line(&pointer, &new.name, 80);
            let Some(key) = key_of(&name) else {
                validation.refuse(pointer, "expected letters or digits");
                continue;
            };
            if let Some(first) = seen.insert(key.clone(), index) {
                validation.refuse(pointer, format!("the same as /equipment/{first}"));
            }
            items.push(Item { key, name, quantity: new.quantity });
        }
        validation.finish()?;
        Ok(items)
    }
}

/// What stands in a studio for all its rooms.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    responses((status = 200, body = EquipmentResponse))
)]
#[get("/api/studios/{studio_id}/equipment")]
pub async fn get_studio_equipment(app: Data<App>, id: Path<StudioId>) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_studio(&app, *id).await?;
    Ok(HttpResponse::Ok().json(EquipmentResponse::of(commands::list_items(&app, place).await?)))
}

/// Replace what stands in a studio for all its rooms.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path)),
    request_body = SetEquipmentRequest,
    responses((status = 200, body = EquipmentResponse)),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/equipment")]
pub async fn set_studio_equipment(
    app: Data<App>,
    caller: Caller,
    id: Path<StudioId>,
    body: Json<SetEquipmentRequest>,
) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_studio(&app, *id).await?;
    let items = commands::replace_items(&app, &caller, place, &body.validated()?).await?;
    Ok(HttpResponse::Ok().json(EquipmentResponse::of(items)))
}

/// Remove one thing from a studio.
#[utoipa::path(
    tag = "studios",
    params(("studio_id" = StudioId, Path), ("key" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[delete("/api/studios/{studio_id}/equipment/{key}")]
pub async fn remove_studio_equipment(
    app: Data<App>,
    caller: Caller,
    path: Path<(StudioId, String)>,
) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_studio(&app, path.0.0).await?;
    commands::remove_item(&app, &caller, place, &path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What stands in a room.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    responses((status = 200, body = EquipmentResponse))
)]
#[get("/api/rooms/{room_id}/equipment")]
pub async fn get_room_equipment(app: Data<App>, id: Path<RoomId>) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_room(&app, *id).await?;
    Ok(HttpResponse::Ok().json(EquipmentResponse::of(commands::list_items(&app, place).await?)))
}

/// Replace what stands in a room.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path)),
    request_body = SetEquipmentRequest,
    responses((status = 200, body = EquipmentResponse)),
    security(("bearer" = []))
)]
#[post("/api/rooms/{room_id}/equipment")]
pub async fn set_room_equipment(
    app: Data<App>,
    caller: Caller,
    id: Path<RoomId>,
    body: Json<SetEquipmentRequest>,
) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_room(&app, *id).await?;
    let items = commands::replace_items(&app, &caller, place, &body.validated()?).await?;
    Ok(HttpResponse::Ok().json(EquipmentResponse::of(items)))
}

/// Remove one thing from a room.
#[utoipa::path(
    tag = "rooms",
    params(("room_id" = RoomId, Path), ("key" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[delete("/api/rooms/{room_id}/equipment/{key}")]
pub async fn remove_room_equipment(
    app: Data<App>,
    caller: Caller,
    path: Path<(RoomId, String)>,
) -> Result<HttpResponse, Problem> {
    let place = commands::place_of_room(&app, path.0.0).await?;
    commands::remove_item(&app, &caller, place, &path.1).await?;
    Ok(HttpResponse::NoContent().finish())
}
