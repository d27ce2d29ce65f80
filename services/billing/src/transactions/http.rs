//! `GET /api/admin/transactions`.

use actix_web::{HttpResponse, get, web};
use commission::Rate;
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money, Percent, UserId};
use problem::Problem;
use providers::ProviderName;
use serde::{Deserialize, Serialize};
use service_kit::{Page, PageQuery, PlatformAdmin, Query};

use super::{
    export,
    model::{TransactionFilter, TransactionStatus, own_id},
    store::{find_named, list_transactions as list},
};
use crate::{
    App,
    payments::{Payment, http::PaymentResponse},
    sessions::Session,
};

/// A payment of any company.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Transaction)]
pub struct TransactionResponse {
    #[serde(flatten)]
    pub payment: PaymentResponse,
    pub company_id: CompanyId,
    /// What was received; less or more than was asked for only where the provider took another amount.
    pub amount_captured: Money,
    /// What is promised to refunds under way.
    pub amount_refunding: Money,
    /// The platform's commission on the net part, as it was decided when the payment was made; null of payments of before that, for
    /// which `ROOMTONE_COMMISSION_PERCENT` counts.
    #[schema(required)]
    pub commission_rate: Option<Percent>,
}

impl TransactionResponse {
    pub fn of(payment: Payment, session: &Session) -> Self {
        let currency = payment.amount.currency;
        Self {
            company_id: payment.company_id,
            amount_captured: Money::new(payment.captured, currency),
            amount_refunding: Money::new(payment.refunding, currency),
            commission_rate: payment.commission.map(Rate::percent),
            payment: PaymentResponse::of(payment, session),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListFormat {
    Json,
    Csv,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TransactionsQuery {
    /// `pending`, `processing`, `cancelled`, `failed`, `succeeded`, `partially_refunded` or `refunded`.
    #[param(value_type = Option<String>)]
    pub status: Option<TransactionStatus>,
    /// `stripe`, `square` or `paypal`.
    #[param(value_type = Option<String>)]
    pub provider: Option<ProviderName>,
    pub company_id: Option<CompanyId>,
    pub customer_id: Option<UserId>,
    pub currency: Option<Currency>,
    /// Asked for at least so much, in minor units.
    pub amount_from: Option<i64>,
    /// Asked for at most so much.
    pub amount_to: Option<i64>,
    /// Made at this instant or later.
    #[param(value_type = Option<String>, format = "date-time")]
    pub created_from: Option<Timestamp>,
    /// Made before this instant.
    #[param(value_type = Option<String>, format = "date-time")]
    pub created_until: Option<Timestamp>,
    /// An id in full: of a payment, booking, refund, dispute or receipt, or the provider's of a payment, session, refund or
    /// dispute.
    #[param(max_length = 255)]
    pub text: Option<String>,
    /// `json`, or all of them as `csv`, without `limit` and `cursor`.
    #[param(value_type = Option<String>)]
    pub format: Option<ListFormat>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

const LONGEST_TEXT: usize = 255;

fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::invalid("invalid_query", "The query parameters are not valid.").at(pointer, detail)
}

impl TransactionsQuery {
    /// Without what a text names.
    fn filter(&self) -> TransactionFilter {
        // PostgreSQL knows no instants of the earliest years that a client may write, and nothing was paid then.
        let since_the_epoch = |at: Timestamp| at.max(Timestamp::UNIX_EPOCH);
        TransactionFilter {
            status: self.status,
            provider: self.provider,
            company_id: self.company_id,
            customer_id: self.customer_id,
            currency: self.currency,
            amount_from: self.amount_from,
            amount_to: self.amount_to,
            created_from: self.created_from.map(since_the_epoch),
            created_until: self.created_until.map(since_the_epoch),
            named: None,
        }
    }

    fn text(&self) -> Result<Option<&str>, Problem> {
        match self.text.as_deref().map(str::trim) {
            Some(text) if text.chars().count() > LONGEST_TEXT => Err(invalid("/text", "longer than 255 characters")),
            Some(text) if text.chars().any(char::is_control) => {
                Err(invalid("/text", "control characters are not allowed"))
            }
            text => Ok(text.filter(|text| !text.is_empty())),
        }
    }
}

/// The payments of all companies, newest first, or all that fit as CSV (RFC 4180). A cell that a spreadsheet would take for a
/// formula begins with an apostrophe.
#[utoipa::path(
    tag = "payments",
    params(TransactionsQuery),
    responses((status = 200, content((Page<TransactionResponse> = "application/json"), (String = "text/csv")))),
    security(("bearer" = [])),
)]
#[get("/api/admin/transactions")]
pub async fn list_transactions(
    app: web::Data<App>,
    _admin: PlatformAdmin,
    Query(query): Query<TransactionsQuery>,
) -> Result<HttpResponse, Problem> {
    let mut filter = query.filter();
    if let Some(text) = query.text()? {
        filter.named = Some(find_named(&mut *app.db.conn().await?, text, own_id(text)).await?);
    }
    if query.format == Some(ListFormat::Csv) {
        return match (query.limit, &query.cursor) {
            (None, None) => Ok(export::answer(app, filter)),
            (Some(_), _) => Err(invalid("/limit", "not with csv, which has all of them")),
            (None, Some(_)) => Err(invalid("/cursor", "not with csv, which has all of them")),
        };
    }
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?);
    let found = list(&mut *app.db.conn().await?, &filter, after, limit + 1).await?;
    let page = Page::of(found, limit, |(payment, _)| (payment.created_at, payment.id));
    Ok(HttpResponse::Ok().json(page.map(|(payment, session)| TransactionResponse::of(payment, &session))))
}
