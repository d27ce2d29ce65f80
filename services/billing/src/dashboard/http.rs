//! `GET /api/admin/financial-dashboard`.

use actix_web::{get, web};
use jiff::{civil::Date, tz::TimeZone};
use kernel::Currency;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{PlatformAdmin, Query};

use super::{
    model::{BadDays, DayFigures, Days, Moved, TotalFigures, totals},
    store::{OpenSum, sum_open_payments},
};
use crate::App;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DashboardQuery {
    /// The first day, in UTC; 30 days before the end when absent.
    #[param(value_type = Option<String>, format = Date, example = "2027-03-01")]
    pub from: Option<String>,
    /// The last day, which counts as a whole; today when absent. At most 92 days.
    #[param(value_type = Option<String>, format = Date, example = "2027-03-31")]
    pub to: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FinancialDashboardResponse {
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// By currency.
    pub totals: Vec<TotalFigures>,
    /// By day and currency, oldest first; those on which nothing happened are left out.
    pub days: Vec<DayFigures>,
    /// What customers have begun to pay and not finished, and what is held and not captured, whenever that was.
    pub open_payments: Vec<OpenPayments>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpenPayments {
    pub currency: Currency,
    /// `pending`, `processing`, or `authorized`: held at the customer's bank.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    #[serde(flatten)]
    pub moved: Moved,
}

impl From<OpenSum> for OpenPayments {
    fn from(sum: OpenSum) -> Self {
        let moved = Moved { count: sum.count, amount: sum.amount };
        Self { currency: sum.currency, status: sum.status.as_str(), moved }
    }
}

/// As the ledger answers.
#[derive(Debug, Deserialize)]
struct Turnover {
    days: Vec<DayFigures>,
}

/// What the platform has turned over, from the ledger, by the time that it took effect. Amounts are minor units.
#[utoipa::path(
    tag = "payments",
    params(DashboardQuery),
    responses(
        (status = 200, body = FinancialDashboardResponse),
        (status = 503, body = problem::ProblemBody, description = "The ledger is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[get("/api/admin/financial-dashboard")]
pub async fn get_financial_dashboard(
    app: web::Data<App>,
    _admin: PlatformAdmin,
    Query(query): Query<DashboardQuery>,
) -> Result<web::Json<FinancialDashboardResponse>, Problem> {
    let today = app.clock.now().to_zoned(TimeZone::UTC).date();
    let days = Days::asked(query.from.as_deref(), query.to.as_deref(), today).map_err(bad_days)?;
    let (first, end) = days.instants();
    let found: Option<Turnover> = app.peers.get("ledger", &format!("/internal/turnover?from={first}&to={end}")).await?;
    let found = found.ok_or_else(|| Problem::unavailable(anyhow::anyhow!("a ledger that knows no turnover")))?.days;
    let open = sum_open_payments(&mut *app.db.conn().await?).await?;
    Ok(web::Json(FinancialDashboardResponse {
        from: days.from,
        to: days.to,
        totals: totals(&found),
        days: found,
        open_payments: open.into_iter().map(OpenPayments::from).collect(),
    }))
}

fn bad_days(BadDays(pointer, detail): BadDays) -> Problem {
    Problem::invalid("invalid_query", "The query parameters are not valid.").at(pointer, detail)
}
