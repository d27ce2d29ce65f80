//! `POST /api/user/export` and `/api/user/exports/{export_id}`.

use actix_web::{
    HttpResponse, get,
    http::header,
    post,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::DataExportId;
use problem::{Problem, ProblemBody};
use serde::Serialize;
use service_kit::{Caller, Path};
use utoipa::ToSchema;

use super::{DataExport, ExportState, commands};
use crate::{App, actor::Actor, sessions::Device};

/// How far an archive of personal data is.
#[derive(Serialize, ToSchema)]
#[schema(as = DataExport)]
pub struct DataExportResponse {
    id: DataExportId,
    state: ExportState,
    #[schema(minimum = 0, maximum = 100)]
    progress_percent: i32,
    #[schema(value_type = String, format = "date-time")]
    requested_at: Timestamp,
    #[schema(required, value_type = Option<String>, format = "date-time")]
    ready_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    /// Relative to the address of the API; null until the archive is ready.
    #[schema(required)]
    download_url: Option<String>,
}

impl DataExportResponse {
    fn new(export: &DataExport, now: Timestamp) -> Self {
        let state = export.state_at(now);
        let is_ready = state == ExportState::Ready;
        Self {
            id: export.id,
            state,
            progress_percent: export.progress_percent(),
            requested_at: export.requested_at,
            ready_at: export.ready_at,
            expires_at: export.expires_at,
            download_url: is_ready.then(|| format!("/api/user/exports/{}/download", export.id)),
        }
    }
}

/// Asks for an archive of everything the platform keeps of the caller. One that is being made already is answered again.
#[utoipa::path(
    tag = "identity",
    operation_id = "request_data_export",
    security(("bearer" = [])),
    responses((status = 202, body = DataExportResponse))
)]
#[post("/api/user/export")]
pub async fn request_export(app: Data<App>, caller: Caller, device: Device) -> Result<HttpResponse, Problem> {
    let export = commands::request_export(&app, &Actor::new(&caller, device)).await?;
    Ok(HttpResponse::Accepted().json(DataExportResponse::new(&export, app.clock.now())))
}

/// How far the archive is.
#[utoipa::path(
    tag = "identity",
    operation_id = "show_data_export",
    security(("bearer" = [])),
    params(("export_id" = DataExportId, Path)),
    responses((status = 200, body = DataExportResponse))
)]
#[get("/api/user/exports/{export_id}")]
pub async fn show_export(
    app: Data<App>,
    caller: Caller,
    export_id: Path<DataExportId>,
) -> Result<web::Json<DataExportResponse>, Problem> {
    let export = commands::find_export(&app, caller.user_id(), *export_id).await?;
    Ok(web::Json(DataExportResponse::new(&export, app.clock.now())))
}

/// The archive, for a week after it was made.
#[utoipa::path(
    tag = "identity",
    operation_id = "download_data_export",
    security(("bearer" = [])),
    params(("export_id" = DataExportId, Path)),
    responses(
        (status = 200, content_type = "application/json", body = serde_json::Value),
        (status = 409, body = ProblemBody),
        (status = 410, body = ProblemBody),
    )
)]
#[get("/api/user/exports/{export_id}/download")]
pub async fn download_export(
    app: Data<App>,
    caller: Caller,
    export_id: Path<DataExportId>,
) -> Result<HttpResponse, Problem> {
    let content = commands::fetch_archive(&app, caller.user_id(), *export_id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"roomtone-data.json\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(content))
}
