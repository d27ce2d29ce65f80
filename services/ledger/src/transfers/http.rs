//! `GET /api/admin/ledger/transfers`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{AccountId, Currency, EventId, TransferId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Page, PageQuery, PlatformAdmin, Query};

use super::read::{EntryRow, TransferRow, entries_of, list_transfers};
use crate::startup::App;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TransfersQuery {
    /// What the transfers are about: the id of a payment, a refund or a booking.
    pub source: Option<String>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TransferResponse {
    pub id: TransferId,
    #[schema(example = "payment_received")]
    pub kind: String,
    pub source: String,
    /// The event that caused it.
    pub source_event: Option<EventId>,
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// The transfer that this one takes back.
    pub reverses: Option<TransferId>,
    /// `posted`, or where it stands among those of its hold: `held`, `captured`, `voided`, `expired`.
    #[schema(example = "posted")]
    pub phase: String,
    /// The hold that it closes.
    #[schema(required)]
    pub hold_id: Option<TransferId>,
    /// Why a person wanted it.
    #[schema(required)]
    pub reason: Option<String>,
    pub entries: Vec<EntryResponse>,
}

/// Amounts are minor units of `currency`; one of `debit` and `credit` is 0.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryResponse {
    pub account_id: AccountId,
    #[schema(example = "liabilities:unallocated")]
    pub account: String,
    pub currency: Currency,
    pub debit: i64,
    pub credit: i64,
    /// The account's balance after this entry, on its normal side.
    pub balance_after: i64,
}

impl From<EntryRow> for EntryResponse {
    fn from(row: EntryRow) -> Self {
        Self {
            account_id: row.account_id,
            account: row.account_code,
            currency: row.currency,
            debit: row.amount.max(0),
            credit: row.amount.min(0).saturating_neg(),
            balance_after: row.balance_after,
        }
    }
}

impl TransferResponse {
    pub fn of(row: TransferRow, entries: Vec<EntryRow>) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            source: row.source,
            source_event: row.source_event,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
            reverses: row.reverses,
            phase: row.phase,
            hold_id: row.hold_id,
            reason: row.reason,
            entries: entries.into_iter().map(EntryResponse::from).collect(),
        }
    }
}

/// Transfers with their entries, newest first.
#[utoipa::path(
    tag = "ledger",
    params(TransfersQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<TransferResponse>))
)]
#[get("/api/admin/ledger/transfers")]
pub async fn list_ledger_transfers(
    app: Data<App>,
    _admin: PlatformAdmin,
    query: Query<TransfersQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, before) = (paging.limit()?, paging.after::<i64>()?);
    // PostgreSQL's texts hold no NUL: nothing was ever about such a source.
    if query.source.as_deref().is_some_and(|source| source.contains('\0')) {
        return Ok(HttpResponse::Ok().json(Page::<TransferResponse> { data: Vec::new(), next_cursor: None }));
    }
    let mut conn = app.db.conn().await?;
    let rows = list_transfers(&mut conn, query.source.as_deref(), before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.seq);
    let ids: Vec<TransferId> = page.data.iter().map(|row| row.id).collect();
    let mut entries = entries_of(&mut conn, &ids).await?;
    let page = page.map(|row| {
        let entries = entries.remove(&row.id).unwrap_or_default();
        TransferResponse::of(row, entries)
    });
    Ok(HttpResponse::Ok().json(page))
}
