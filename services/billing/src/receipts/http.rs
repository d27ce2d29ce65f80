//! Receipts over HTTP.

use actix_web::{HttpResponse, get, web};
use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, ReceiptId, UserId};
use problem::Problem;
use providers::ProviderName;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Page, PageQuery, Path, Query};

use super::{error::ReceiptError, model::Receipt, printed::document, store as receipts};
use crate::{App, payables::PayableRef, payments::http::owner, viewer::Viewer};

/// A receipt as clients see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptResponse {
    pub id: ReceiptId,
    /// The place in the company's series.
    #[schema(example = "R-000042")]
    pub number: String,
    pub company_id: CompanyId,
    /// Null for somebody without an account.
    pub customer_id: Option<UserId>,
    pub payment_id: PaymentId,
    pub payable: PayableRef,
    pub description: String,
    pub amount: Money,
    #[schema(value_type = String, example = "stripe")]
    pub provider: ProviderName,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Timestamp,
}

impl From<Receipt> for ReceiptResponse {
    fn from(receipt: Receipt) -> Self {
        Self {
            id: receipt.id,
            number: receipt.printed_number(),
            company_id: receipt.company_id,
            customer_id: receipt.customer_user_id,
            payment_id: receipt.payment_id,
            payable: receipt.payable,
            description: receipt.description,
            amount: receipt.amount,
            provider: receipt.provider,
            issued_at: receipt.issued_at,
        }
    }
}

/// Whose receipts, and which page of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListReceiptsQuery {
    /// The receipts of this company, for those who work there; the caller's own when absent.
    pub company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Lists receipts, newest first.
#[utoipa::path(
    tag = "receipts",
    params(ListReceiptsQuery),
    responses(
        (status = 200, body = Page<ReceiptResponse>),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/receipts")]
pub async fn list_receipts(
    app: web::Data<App>,
    caller: Caller,
    Query(query): Query<ListReceiptsQuery>,
) -> Result<web::Json<Page<ReceiptResponse>>, Problem> {
    let owner = owner(&caller, query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = receipts::list_receipts(&mut conn, owner, after, limit + 1).await?;
    let page = Page::of(found, limit, |receipt| (receipt.issued_at, receipt.id));
    Ok(web::Json(page.map(ReceiptResponse::from)))
}

/// One receipt.
#[utoipa::path(
    tag = "receipts",
    params(("receipt_id" = ReceiptId, Path)),
    responses((status = 200, body = ReceiptResponse)),
    security(("bearer" = [])),
)]
#[get("/api/receipts/{receipt_id}")]
pub async fn get_receipt(
    app: web::Data<App>,
    caller: Caller,
    Path(receipt_id): Path<ReceiptId>,
) -> Result<web::Json<ReceiptResponse>, Problem> {
    Ok(web::Json(visible(&app, &caller, receipt_id).await?.into()))
}

/// A receipt as PDF.
#[utoipa::path(
    tag = "receipts",
    params(("receipt_id" = ReceiptId, Path)),
    responses((status = 200, content_type = "application/pdf", body = String)),
    security(("bearer" = [])),
)]
#[get("/api/receipts/{receipt_id}/pdf")]
pub async fn get_receipt_pdf(
    app: web::Data<App>,
    caller: Caller,
    Path(receipt_id): Path<ReceiptId>,
) -> Result<HttpResponse, Problem> {
    let receipt = visible(&app, &caller, receipt_id).await?;
    let pdf = app.printer.print(document(&receipt)).await?;
    Ok(documents::download(&format!("{}.pdf", receipt.printed_number()), pdf))
}

async fn visible(app: &App, caller: &Caller, receipt_id: ReceiptId) -> Result<Receipt, ReceiptError> {
    let mut conn = app.db.conn().await?;
    let receipt = receipts::find_visible_receipt(&mut conn, &Viewer::from(caller), receipt_id).await?;
    receipt.ok_or(ReceiptError::NotFound)
}
