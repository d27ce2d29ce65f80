//! `/api/admin/ledger/reconciliation`.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::{SignedDuration, Timestamp};
use kernel::{Currency, ReconciliationId, TransferId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query};
use store::Conn;
use uuid::Uuid;

use super::{
    commands::reconcile_in_tx,
    model::FindingKind,
    store::{FindingRow, ReconciliationRow, find_reconciliation, list_findings, open_findings},
};
use crate::{
    accounts::ProviderCode,
    actions::{Action, Doer, Whence, record_in_tx},
    startup::App,
};

/// The longest span of one comparison.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 31);

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileRequest {
    #[schema(pattern = "^[a-z_]{1,32}$", example = "stripe")]
    pub provider: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Not included; at most 31 days after `from`.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReconciliationResponse {
    pub id: ReconciliationId,
    pub provider: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// When it was last looked at.
    #[schema(value_type = String, format = DateTime)]
    pub run_at: Timestamp,
    pub matched: i64,
    /// The provider has it, the book has not.
    pub missing_here: i64,
    /// The book has it, the provider has not.
    pub missing_there: i64,
    pub different_amount: i64,
    pub duplicated: i64,
}

impl ReconciliationResponse {
    fn of(row: ReconciliationRow, open: &[(ReconciliationId, String, i64)]) -> Self {
        let count = |kind: FindingKind| {
            let found = open.iter().find(|(id, found, _)| *id == row.id && found == kind.as_str());
            found.map_or(0, |(_, _, count)| *count)
        };
        Self {
            id: row.id,
            provider: row.provider.clone(),
            from: row.from_at.to_jiff(),
            to: row.to_at.to_jiff(),
            run_at: row.run_at.to_jiff(),
            matched: row.matched,
            missing_here: count(FindingKind::MissingHere),
            missing_there: count(FindingKind::MissingThere),
            different_amount: count(FindingKind::DifferentAmount),
            duplicated: count(FindingKind::Duplicated),
        }
    }

    async fn one(conn: &mut Conn, row: ReconciliationRow) -> Result<Self, Problem> {
        let open = open_findings(conn, &[row.id]).await?;
        Ok(Self::of(row, &open))
    }
}

/// Compares a span of time with what the provider says, now. The same span again adds nothing.
#[utoipa::path(
    tag = "ledger",
    request_body = ReconcileRequest,
    security(("bearer" = [])),
    responses((status = 200, body = ReconciliationResponse))
)]
#[post("/api/admin/ledger/reconciliation")]
pub async fn reconcile_provider(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    request: Json<ReconcileRequest>,
) -> Result<HttpResponse, Problem> {
    let provider: ProviderCode = request.provider.parse().map_err(|_| {
        Problem::invalid("unknown_provider", "There is no such provider.").at("/provider", "not a provider")
    })?;
    let span = (request.from, request.to);
    if request.to <= request.from || request.to.duration_since(request.from) > LONGEST {
        return Err(
            Problem::invalid("invalid_span", "A comparison covers up to 31 days.").at("/to", "not 31 days or less")
        );
    }
    let (now, person) = (app.clock.now(), admin.user_id());
    let row: Result<ReconciliationRow, store::Error> = app
        .db
        .transaction(async |conn| {
            let row = reconcile_in_tx(conn, &provider, span, now).await?;
            let action = Action {
                doer: Doer::Person(person, whence.clone()),
                what: "reconciled",
                subject: row.id.to_string(),
                reason: None,
                detail: json!({"provider": provider.as_str(), "from": span.0, "to": span.1}),
            };
            record_in_tx(conn, action, now).await?;
            Ok(row)
        })
        .await;
    let mut conn = app.db.conn().await?;
    Ok(HttpResponse::Ok().json(ReconciliationResponse::one(&mut conn, row?).await?))
}

/// Comparisons, the latest span first.
#[utoipa::path(
    tag = "ledger",
    params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<ReconciliationResponse>))
)]
#[get("/api/admin/ledger/reconciliation")]
pub async fn list_reconciliations(
    app: Data<App>,
    _admin: PlatformAdmin,
    paging: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = (paging.limit()?, paging.after::<(Timestamp, ReconciliationId)>()?);
    let mut conn = app.db.conn().await?;
    let rows = super::store::list_reconciliations(&mut conn, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.from_at.to_jiff(), row.id));
    let ids: Vec<ReconciliationId> = page.data.iter().map(|row| row.id).collect();
    let open = open_findings(&mut conn, &ids).await?;
    Ok(HttpResponse::Ok().json(page.map(|row| ReconciliationResponse::of(row, &open))))
}

/// One comparison.
#[utoipa::path(
    tag = "ledger",
    params(("reconciliation_id" = ReconciliationId, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = ReconciliationResponse))
)]
#[get("/api/admin/ledger/reconciliation/{reconciliation_id}")]
pub async fn get_reconciliation(
    app: Data<App>,
    _admin: PlatformAdmin,
    reconciliation_id: Path<ReconciliationId>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let row = find_reconciliation(&mut conn, *reconciliation_id).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(ReconciliationResponse::one(&mut conn, row).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FindingsQuery {
    #[param(inline)]
    pub finding: Option<FindingKind>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Something that does not agree. Amounts are minor units of `currency`; positive is money for us.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FindingResponse {
    pub finding: FindingKind,
    #[schema(example = "charge")]
    pub class: String,
    /// Our id, or the provider's where there is none.
    pub reference: String,
    pub currency: Currency,
    pub ours: i64,
    pub theirs: i64,
    /// The transfers of the book.
    pub transfers: Vec<TransferId>,
    /// The provider's balance transactions.
    pub provider_ids: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
    /// When a later look did not find it any more.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
}

impl From<FindingRow> for FindingResponse {
    fn from(row: FindingRow) -> Self {
        Self {
            finding: FindingKind::parse(&row.finding),
            class: row.class,
            reference: row.reference,
            currency: row.currency,
            ours: row.ours,
            theirs: row.theirs,
            transfers: row.transfers.into_iter().flatten().collect(),
            provider_ids: row.provider_ids.into_iter().flatten().collect(),
            found_at: row.found_at.to_jiff(),
            resolved_at: row.resolved_at.to_jiff(),
        }
    }
}

/// What a comparison has found, with the transfers and the provider's transactions to look at.
#[utoipa::path(
    tag = "ledger",
    params(("reconciliation_id" = ReconciliationId, Path), FindingsQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<FindingResponse>))
)]
#[get("/api/admin/ledger/reconciliation/{reconciliation_id}/findings")]
pub async fn list_reconciliation_findings(
    app: Data<App>,
    _admin: PlatformAdmin,
    reconciliation_id: Path<ReconciliationId>,
    query: Query<FindingsQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, after) = (paging.limit()?, paging.after::<Uuid>()?);
    let mut conn = app.db.conn().await?;
    let run = find_reconciliation(&mut conn, *reconciliation_id).await?.ok_or_else(Problem::not_found)?;
    let kind = query.finding.map(FindingKind::as_str);
    let rows = list_findings(&mut conn, run.id, kind, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.id);
    Ok(HttpResponse::Ok().json(page.map(FindingResponse::from)))
}
