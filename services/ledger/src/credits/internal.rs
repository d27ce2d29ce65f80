//! `/internal/credits`: how billing grants credits and takes them back, and how they are spent.

use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use kernel::{CreditGrantId, Currency, TransferId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_kit::{Json, Path, extract::OptionalJson, identity::CalledBy};
use store::Conn;

use super::{
    CreditError, CreditGrant, CreditSpend, capture_spend_in_tx, expire_credits, grant_credits_in_tx,
    hold_credits_in_tx, model::Origin, take_back_credits_in_tx, void_spend_in_tx,
};
use crate::{
    actions::{Action, Doer, record_in_tx},
    done::done,
    startup::App,
    text::check_source,
    transfers::{expiry::expire_due_holds, internal::Movers},
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantCreditsRequest {
    /// Chosen by the caller: the same id grants once.
    pub id: CreditGrantId,
    pub user_id: UserId,
    pub currency: Currency,
    #[schema(minimum = 1)]
    pub amount: i64,
    pub origin: Origin,
    /// The payment that bought them, or the subscription they come with.
    #[schema(min_length = 1, max_length = 100)]
    pub source: String,
    /// Never when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Grants credits.
#[utoipa::path(
    tag = "internal",
    request_body = GrantCreditsRequest,
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`id_reused`, or `insufficient_funds`"))
)]
#[post("/internal/credits/grants")]
pub async fn grant_credits(
    app: Data<App>,
    by: CalledBy<Movers>,
    request: Json<GrantCreditsRequest>,
) -> Result<HttpResponse, Problem> {
    let request = request.into_inner();
    check_source(&request.source)?;
    let grant = CreditGrant {
        id: request.id,
        user_id: request.user_id,
        currency: request.currency,
        amount: request.amount,
        origin: request.origin,
        source: request.source,
        expires_at: request.expires_at,
    };
    let (app, grant, service) = (&app, &grant, by.service.as_str());
    done(app, async |conn| {
        // What was done before is in the trail already.
        if grant_credits_in_tx(app, conn, grant).await? {
            record(app, conn, (service, "credits_granted", grant.id.to_string()), grant.amount).await?;
        }
        Ok::<_, CreditError>(())
    })
    .await
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TakenBackResponse {
    /// What was left of the grant, and is gone now.
    pub amount: i64,
}

/// Takes back what is left of a grant whose payment was refunded.
#[utoipa::path(
    tag = "internal",
    params(("grant_id" = CreditGrantId, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = TakenBackResponse))
)]
#[post("/internal/credits/grants/{grant_id}/take-back")]
pub async fn take_back_credits(
    app: Data<App>,
    by: CalledBy<Movers>,
    grant_id: Path<CreditGrantId>,
) -> Result<HttpResponse, Problem> {
    let (app, id, service) = (&app, *grant_id, by.service.as_str());
    let taken: Result<i64, CreditError> = app
        .db
        .transaction(async |conn| {
            let amount = take_back_credits_in_tx(app, conn, id).await?;
            if amount > 0 {
                record(app, conn, (service, "credits_taken_back", id.to_string()), amount).await?;
            }
            Ok(amount)
        })
        .await;
    Ok(HttpResponse::Ok().json(TakenBackResponse { amount: taken? }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendCreditsRequest {
    /// Chosen by the caller: the same id holds once.
    pub id: TransferId,
    pub user_id: UserId,
    pub currency: Currency,
    #[schema(minimum = 1)]
    pub amount: i64,
    /// What they are spent on.
    #[schema(min_length = 1, max_length = 100)]
    pub source: String,
    /// From this instant on they are the customer's again unless they were captured.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Holds credits, those that expire soonest first.
#[utoipa::path(
    tag = "internal",
    request_body = SpendCreditsRequest,
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`insufficient_credits`, or `id_reused`"))
)]
#[post("/internal/credits/spends")]
pub async fn hold_credits(
    app: Data<App>,
    _: CalledBy<Movers>,
    request: Json<SpendCreditsRequest>,
) -> Result<HttpResponse, Problem> {
    let request = request.into_inner();
    check_source(&request.source)?;
    let spend = CreditSpend {
        hold_id: request.id,
        user_id: request.user_id,
        currency: request.currency,
        amount: request.amount,
        source: request.source,
        expires_at: request.expires_at,
    };
    let (app, spend) = (&app, &spend);
    let hold = async || app.db.transaction(async |conn| hold_credits_in_tx(app, conn, spend).await).await;
    let held: Result<(), CreditError> = match hold().await {
        // Holds whose time is over are let go by jobs a moment later; whoever needs what they keep does not wait for it.
        Err(CreditError::Insufficient) => {
            expire_due_holds(&app.db, &app.books).await?;
            expire_credits(app).await?;
            hold().await
        }
        held => held,
    };
    held?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureSpendRequest {
    /// All of it when absent; the rest is let go.
    #[schema(minimum = 1)]
    pub amount: Option<i64>,
}

/// Spends held credits.
#[utoipa::path(
    tag = "internal",
    params(("spend_id" = TransferId, Path)),
    request_body = Option<CaptureSpendRequest>,
    security(("bearer" = [])),
    responses(
        (status = 204),
        (status = 409, description = "`hold_closed`, or `exceeds_hold`"),
        (status = 410, description = "`hold_expired`")
    )
)]
#[post("/internal/credits/spends/{spend_id}/capture")]
pub async fn capture_credits(
    app: Data<App>,
    _: CalledBy<Movers>,
    spend_id: Path<TransferId>,
    request: OptionalJson<CaptureSpendRequest>,
) -> Result<HttpResponse, Problem> {
    let (app, id, amount) = (&app, *spend_id, request.amount);
    done(app, async |conn| capture_spend_in_tx(app, conn, id, amount).await).await
}

/// Lets held credits go.
#[utoipa::path(
    tag = "internal",
    params(("spend_id" = TransferId, Path)),
    security(("bearer" = [])),
    responses((status = 204), (status = 409, description = "`hold_closed`"))
)]
#[post("/internal/credits/spends/{spend_id}/void")]
pub async fn void_credits(
    app: Data<App>,
    _: CalledBy<Movers>,
    spend_id: Path<TransferId>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (&app, *spend_id);
    done(app, async |conn| void_spend_in_tx(app, conn, id).await).await
}

async fn record(
    app: &App,
    conn: &mut Conn,
    (service, what, subject): (&str, &'static str, String),
    amount: i64,
) -> Result<(), CreditError> {
    let doer = Doer::Service(service.to_owned());
    let action = Action { doer, what, subject, reason: None, detail: json!({"amount": amount}) };
    Ok(record_in_tx(conn, action, app.clock.now()).await?)
}
