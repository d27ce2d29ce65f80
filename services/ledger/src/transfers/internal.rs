//! `POST /internal/transfers` and `GET /internal/transfers/{transfer_id}`: how other services post, hold, capture and
//! void by themselves, where an event would come too late.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::TransferId;
use problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use service_kit::{
    Json, Path,
    identity::{CalledBy, ServiceCaller},
};

use super::{
    Action, DraftError, PostError, Receipt, Refusal, TransferDraft, TransferKind,
    read::{find_transfer, hold_closed_by},
};
use crate::{adjustments::AdjustmentLeg, startup::App};

/// Who moves money by calling.
pub struct Movers;

impl ServiceCaller for Movers {
    const ALLOWED: &'static [&'static str] = &["billing"];
}

/// Transfers of one request.
const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchMode {
    /// All of them or none: the first refusal is the answer.
    Whole,
    /// Each by itself, with an outcome of its own.
    Each,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostTransfersRequest {
    pub mode: BatchMode,
    #[schema(min_items = 1, max_items = 1000)]
    pub transfers: Vec<TransferRequest>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// Chosen by the caller: the same id with the same content is posted once.
    pub id: TransferId,
    #[schema(min_length = 1, max_length = 50, example = "payout")]
    pub kind: String,
    /// What it is about: the id of a payout, a payment.
    #[schema(min_length = 1, max_length = 100)]
    pub source: String,
    /// Part of the content: whoever repeats a request sends the same.
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    pub action: ActionRequest,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionRequest {
    Post {
        legs: Vec<AdjustmentLeg>,
    },
    Hold {
        legs: Vec<AdjustmentLeg>,
        #[schema(value_type = Option<String>, format = DateTime)]
        expires_at: Option<Timestamp>,
    },
    Capture {
        hold_id: TransferId,
        /// Everything when absent; the rest is let go.
        legs: Option<Vec<AdjustmentLeg>>,
    },
    Void {
        hold_id: TransferId,
    },
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PostTransfersResponse {
    /// In the order of the request.
    pub outcomes: Vec<TransferOutcome>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TransferOutcome {
    pub id: TransferId,
    /// Null where it was refused.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub recorded_at: Option<Timestamp>,
    /// Why it was refused: the code that a request with this transfer alone would have been answered with.
    #[schema(required)]
    pub refused: Option<&'static str>,
}

impl TransferOutcome {
    fn of(id: TransferId, outcome: Result<Receipt, Refusal>) -> Self {
        match outcome {
            Ok(receipt) => Self { id, recorded_at: Some(receipt.recorded_at), refused: None },
            Err(refusal) => Self { id, recorded_at: None, refused: Some(Problem::from(refusal).code()) },
        }
    }
}

/// Posts transfers, places holds, captures and voids them.
#[utoipa::path(
    tag = "internal",
    request_body = PostTransfersRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, body = PostTransfersResponse),
        (status = 409, description = "Of a whole batch, why it was refused"),
        (status = 410, description = "`hold_expired`")
    )
)]
#[post("/internal/transfers")]
pub async fn post_transfers(
    app: Data<App>,
    _: CalledBy<Movers>,
    request: Json<PostTransfersRequest>,
) -> Result<HttpResponse, Problem> {
    if !(1..=MOST).contains(&request.transfers.len()) {
        return Err(Problem::invalid("invalid_batch", format!("A request has 1 to {MOST} transfers."))
            .at("/transfers", "1 to 1000 transfers"));
    }
    let drafts = request.transfers.iter().enumerate().map(|(index, transfer)| draft(index, transfer));
    let drafts = drafts.collect::<Result<Vec<_>, Problem>>()?;
    let ids: Vec<TransferId> = drafts.iter().map(TransferDraft::id).collect();
    let outcomes: Vec<Result<Receipt, Refusal>> = match request.mode {
        BatchMode::Whole => app.poster.post_all(drafts).await?.into_iter().map(Ok).collect(),
        BatchMode::Each => app.poster.post_each(drafts).await?,
    };
    let outcomes = ids.into_iter().zip(outcomes).map(|(id, outcome)| TransferOutcome::of(id, outcome)).collect();
    Ok(HttpResponse::Ok().json(PostTransfersResponse { outcomes }))
}

fn draft(index: usize, request: &TransferRequest) -> Result<TransferDraft, Problem> {
    let at = |field: &str, detail: &str| {
        Problem::validation(vec![FieldError {
            pointer: format!("/transfers/{index}{field}"),
            detail: detail.to_owned(),
        }])
    };
    let kind = TransferKind::ALL.iter().copied().find(|kind| kind.as_str() == request.kind);
    let kind = kind.ok_or_else(|| at("/kind", "not a kind of transfer"))?;
    let fits = (1..=100).contains(&request.source.len()) && !request.source.chars().any(char::is_control);
    if !fits {
        return Err(at("/source", "1 to 100 characters"));
    }
    let legs = |legs: &[AdjustmentLeg]| {
        let leg = |(number, leg): (usize, &AdjustmentLeg)| {
            leg.leg(number).map_err(|error| at(&format!("/legs/{number}"), &error.to_string()))
        };
        legs.iter().enumerate().map(leg).collect::<Result<Vec<_>, Problem>>()
    };
    let action = match &request.action {
        ActionRequest::Post { legs: of } => Action::Post(legs(of)?),
        ActionRequest::Hold { legs: of, expires_at } => Action::Hold { legs: legs(of)?, expires_at: *expires_at },
        ActionRequest::Capture { hold_id, legs: of } => {
            Action::Capture { hold_id: *hold_id, legs: of.as_deref().map(legs).transpose()? }
        }
        ActionRequest::Void { hold_id } => Action::Void(*hold_id),
    };
    let draft = TransferDraft::of(request.id, kind, request.source.clone(), request.effective_at, action);
    draft.map_err(|error: DraftError| PostError::from(error).into())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TransferStateResponse {
    pub id: TransferId,
    #[schema(example = "held")]
    pub phase: String,
    /// Of a hold: what became of it. Null while it is open.
    #[schema(required, example = "captured")]
    pub closed_as: Option<String>,
    #[schema(required)]
    pub closed_by: Option<TransferId>,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
}

/// Whether a transfer has been posted, and what became of a hold.
#[utoipa::path(
    tag = "internal",
    params(("transfer_id" = inline(TransferId), Path)),
    security(("bearer" = [])),
    responses((status = 200, body = TransferStateResponse))
)]
#[get("/internal/transfers/{transfer_id}")]
pub async fn get_transfer_state(
    app: Data<App>,
    _: CalledBy<Movers>,
    transfer_id: Path<TransferId>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let transfer = find_transfer(&mut conn, *transfer_id).await?.ok_or_else(Problem::not_found)?;
    let closing = hold_closed_by(&mut conn, *transfer_id).await?;
    Ok(HttpResponse::Ok().json(TransferStateResponse {
        id: transfer.id,
        phase: transfer.phase,
        closed_as: closing.as_ref().map(|closing| closing.phase.clone()),
        closed_by: closing.map(|closing| closing.id),
        recorded_at: transfer.recorded_at.to_jiff(),
    }))
}
