//! `/internal/payouts`: billing holds a payout before it asks the provider, and says what became of it.

use actix_web::{HttpResponse, get, post, web::Data};
use kernel::{CompanyId, Money, PayoutId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Path, identity::CalledBy};

use super::{
    commands::{Payout, capture_payout_in_tx, hold_payout_in_tx, return_payout_in_tx, void_payout_in_tx},
    model::{Standing, set_off},
};
use crate::{
    accounts::{Owner, store::accounts_of},
    actions::{Doer, Whence},
    balances::model::{CompanyBalance, company_balances},
    done::done,
    reconciliation::internal::Billing,
    startup::App,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutRequest {
    pub id: PayoutId,
    pub company_id: CompanyId,
    #[schema(pattern = "^[a-z_]{1,32}$", example = "stripe")]
    pub provider: String,
    pub amount: Money,
    /// The person who wants it; absent where nobody in particular does.
    pub requested_by: Option<UserId>,
}

impl PayoutRequest {
    fn payout(&self) -> Result<Payout, Problem> {
        let unknown =
            || Problem::invalid("unknown_provider", "There is no such provider.").at("/provider", "not a provider");
        Ok(Payout {
            id: self.id,
            company_id: self.company_id,
            provider: self.provider.parse().map_err(|_| unknown())?,
            amount: self.amount,
        })
    }
}

/// Sets off what the company owes and holds the payout, under its own id.
#[utoipa::path(
    tag = "internal",
    request_body = PayoutRequest,
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`insufficient_balance`, or `id_reused`"))
)]
#[post("/internal/payouts")]
pub async fn hold_payout(
    app: Data<App>,
    by: CalledBy<Billing>,
    request: Json<PayoutRequest>,
) -> Result<HttpResponse, Problem> {
    let by = request.requested_by.map_or_else(|| caller(&by), |person| Doer::Person(person, Whence(None)));
    let (app, payout, by) = (&app, &request.payout()?, &by);
    done(app, async |conn| hold_payout_in_tx(app, conn, payout, by).await).await
}

/// The provider pays it out.
#[utoipa::path(
    tag = "internal",
    params(("payout_id" = PayoutId, Path)),
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`hold_closed`"))
)]
#[post("/internal/payouts/{payout_id}/capture")]
pub async fn capture_payout(
    app: Data<App>,
    by: CalledBy<Billing>,
    payout_id: Path<PayoutId>,
) -> Result<HttpResponse, Problem> {
    let (app, id, by) = (&app, *payout_id, &caller(&by));
    done(app, async |conn| capture_payout_in_tx(app, conn, id, by).await).await
}

/// The provider has refused it: the company has the money again.
#[utoipa::path(
    tag = "internal",
    params(("payout_id" = PayoutId, Path)),
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`hold_closed`"))
)]
#[post("/internal/payouts/{payout_id}/void")]
pub async fn void_payout(
    app: Data<App>,
    by: CalledBy<Billing>,
    payout_id: Path<PayoutId>,
) -> Result<HttpResponse, Problem> {
    let (app, id, by) = (&app, *payout_id, &caller(&by));
    done(app, async |conn| void_payout_in_tx(app, conn, id, by).await).await
}

/// It was paid out and has come back.
#[utoipa::path(
    tag = "internal",
    request_body = PayoutRequest,
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`payout_not_paid_out`, or `id_reused`"))
)]
#[post("/internal/payout-returns")]
pub async fn return_payout(
    app: Data<App>,
    by: CalledBy<Billing>,
    request: Json<PayoutRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, payout, by) = (&app, &request.payout()?, &caller(&by));
    done(app, async |conn| return_payout_in_tx(app, conn, payout, by).await).await
}

fn caller(by: &CalledBy<Billing>) -> Doer {
    Doer::Service(by.service.as_str().to_owned())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PayablesResponse {
    /// By currency, never below zero.
    pub payables: Vec<Money>,
}

/// What a company could have paid out now, in each currency: less what is held already and what it owes.
#[utoipa::path(
    tag = "internal",
    params(("company_id" = inline(CompanyId), Path)),
    security(("bearer" = [])),
    responses((status = 200, body = PayablesResponse))
)]
#[get("/internal/companies/{company_id}/payables")]
pub async fn list_payables(
    app: Data<App>,
    _: CalledBy<Billing>,
    company_id: Path<CompanyId>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let accounts = accounts_of(&mut conn, Owner::Company(*company_id)).await?;
    let payables = company_balances(&accounts).into_iter().map(payable).collect();
    Ok(HttpResponse::Ok().json(PayablesResponse { payables }))
}

fn payable(balance: CompanyBalance) -> Money {
    let free = balance.payable.saturating_sub(balance.held);
    let standing = Standing { payable: free, receivable: balance.receivable, desk_debt: balance.desk_debt };
    Money::new(set_off(standing).payable.max(0), balance.currency)
}
