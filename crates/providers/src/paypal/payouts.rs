//! Payouts: a batch with one item for each of ours (<https://developer.paypal.com/docs/api/payments.payouts-batch/v1/>).
//!
//! PayPal carries a `sender_batch_id` out once in thirty days, and refuses a repetition with a link to the batch that is
//! there. So a call whose answer was lost is found by making it again, as long as that is soon; there is no other way to look
//! for a batch.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{
    amounts::to_paypal,
    batches::{AmountObject, BatchObject, sender_batch_id},
    client::{PaypalClient, read},
    objects::LinkObject,
};
use crate::{
    DisbursementRequest, PayoutProgress, PayoutState, ProviderError,
    http::{Answer, checked_id},
};

const BATCHES: &str = "v1/payments/payouts";

/// A day less than PayPal promises.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(29 * 24);

#[derive(Serialize)]
struct CreateBatch<'r> {
    sender_batch_header: NewHeader<'r>,
    items: [NewItem<'r>; 1],
}

#[derive(Serialize)]
struct NewHeader<'r> {
    sender_batch_id: &'r str,
    email_subject: &'static str,
}

#[derive(Serialize)]
struct NewItem<'r> {
    recipient_type: &'static str,
    receiver: &'r str,
    amount: AmountObject,
    /// Comes back with the item, every event about it, and in PayPal's statements.
    sender_item_id: String,
    purpose: &'static str,
}

pub async fn disburse(client: &PaypalClient, request: &DisbursementRequest) -> Result<PayoutState, ProviderError> {
    let sender_batch_id = sender_batch_id(request.payout_id, request.refusals);
    if request.unknown_for.is_some_and(|age| age > REMEMBERED_FOR) {
        let detail =
            format!("PayPal may have forgotten the batch {sender_batch_id}: somebody has to look for it there");
        return Err(ProviderError::Unavailable(detail));
    }
    let key = format!("payout:{}:{}", request.payout_id, request.refusals);
    let answer = client.post_for_answer(BATCHES, &key, &batch_call(request, &sender_batch_id)?).await?;
    if let Some(made_before) = made_before(&answer) {
        let known = retrieve_batch(client, &made_before?).await;
        // It is there: whatever keeps us from reading it is no refusal.
        return known.map_err(|error| ProviderError::Unavailable(format!("a batch was made before: {error}")));
    }
    let batch: BatchObject = read(&answer)?;
    Ok(PayoutState {
        provider_payout_id: batch.batch_header.payout_batch_id,
        amount: request.amount,
        progress: PayoutProgress::Pending,
        failure: None,
        arrives_at: None,
        movement_id: None,
    })
}

fn batch_call<'r>(
    request: &'r DisbursementRequest,
    sender_batch_id: &'r str,
) -> Result<CreateBatch<'r>, ProviderError> {
    Ok(CreateBatch {
        sender_batch_header: NewHeader { sender_batch_id, email_subject: "You have been paid" },
        items: [NewItem {
            recipient_type: "EMAIL",
            receiver: &request.receiver,
            amount: to_paypal(request.amount)?.into(),
            sender_item_id: request.payout_id.to_string(),
            purpose: "SERVICES",
        }],
    })
}

/// The batch that was made under this `sender_batch_id` before, as the refusal names it; `None` for any other answer. One that
/// names none must not be taken for a refusal: the money may be on its way.
fn made_before(answer: &Answer) -> Option<Result<String, ProviderError>> {
    #[derive(Deserialize)]
    struct Refusal {
        name: String,
        details: Vec<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        field: Option<String>,
        #[serde(default)]
        link: Vec<LinkObject>,
    }
    let refusal: Refusal = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status.as_u16() == 400)?;
    let is_duplicate = |detail: &&Detail| detail.field.as_deref() == Some("SENDER_BATCH_ID");
    let detail = refusal.details.iter().find(is_duplicate).filter(|_| refusal.name == "USER_BUSINESS_ERROR")?;
    let named = detail.link.iter().find_map(|link| batch_of(&link.href));
    Some(named.ok_or_else(|| ProviderError::Unavailable("a batch was made before, and is not named".to_owned())))
}

/// The id at the end of a batch's address.
fn batch_of(href: &str) -> Option<String> {
    let (_, id) = href.split_once("/v1/payments/payouts/")?;
    let id = id.split(['?', '/']).next()?;
    Some(checked_id(id).ok()?.to_owned())
}

pub async fn retrieve_batch(client: &PaypalClient, id: &str) -> Result<PayoutState, ProviderError> {
    let batch: BatchObject = client.get(&format!("{BATCHES}/{}", checked_id(id)?)).await?;
    batch.state()
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, PayoutId};
    use reqwest::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn request() -> DisbursementRequest {
        DisbursementRequest {
            payout_id: PayoutId::new(),
            receiver: "studio@example.com".to_owned(),
            amount: Money::new(428_400, Currency::EUR),
            refusals: 2,
            unknown_for: None,
        }
    }

    #[test]
    fn a_batch_has_one_item_under_our_ids() {
        let request = request();
        let id = sender_batch_id(request.payout_id, request.refusals);
        let call = serde_json::to_value(batch_call(&request, &id).unwrap()).unwrap();
        assert_eq!(call["sender_batch_header"]["sender_batch_id"], format!("{}-2", request.payout_id));
        let item = json!({
            "recipient_type": "EMAIL", "receiver": "studio@example.com", "sender_item_id": request.payout_id,
            "amount": {"currency": "EUR", "value": "4284.00"}, "purpose": "SERVICES",
        });
        assert_eq!(call["items"], json!([item]));
    }

    #[track_caller]
    fn check(status: u16, body: &Value, expected: Option<Result<&str, ()>>) {
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), body: body.to_string().into_bytes() };
        let found = made_before(&answer);
        let found = found.as_ref().map(|found| found.as_ref().map(String::as_str).map_err(|_| ()));
        assert_eq!(found, expected, "{status} {body}");
    }

    /// As we read PayPal's documents; never seen from a live account.
    #[test]
    fn a_batch_that_was_made_before_is_named_in_the_refusal() {
        let duplicate = |link: Value| {
            json!({
                "name": "USER_BUSINESS_ERROR", "message": "User business error.", "debug_id": "f05063556a338",
                "information_link": "https://developer.paypal.com/docs/api/payments.payouts-batch/#errors",
                "details": [{
                    "field": "SENDER_BATCH_ID", "location": "body",
                    "issue": "Batch with given sender_batch_id already exists", "link": link,
                }],
            })
        };
        let link = |href: &str| json!([{"href": href, "rel": "self", "method": "GET"}]);
        let address = "https://api.sandbox.paypal.com/v1/payments/payouts/CR9VS2K4X4846";
        check(400, &duplicate(link(address)), Some(Ok("CR9VS2K4X4846")));
        check(400, &duplicate(link(&format!("{address}?page=1"))), Some(Ok("CR9VS2K4X4846")));
        check(400, &duplicate(link("https://api.sandbox.paypal.com/v1/payments/payouts/..")), Some(Err(())));
        check(400, &duplicate(json!([])), Some(Err(())));
        let other = json!({"name": "VALIDATION_ERROR", "details": [{"field": "items[0].receiver", "issue": "Wrong"}]});
        check(400, &other, None);
        check(422, &json!({"name": "INSUFFICIENT_FUNDS", "message": "No."}), None);
        check(201, &json!({"batch_header": {"payout_batch_id": "CR9VS2K4X4846"}}), None);
    }

    #[test]
    fn a_sender_without_enough_money_waits() {
        let body = json!({"name": "INSUFFICIENT_FUNDS", "message": "Sender does not have sufficient funds."});
        let answer = Answer { status: StatusCode::UNPROCESSABLE_ENTITY, body: body.to_string().into_bytes() };
        let error = read::<BatchObject>(&answer).map(|_| ()).unwrap_err();
        assert!(error.is_lack_of_balance(), "{error}");
    }
}
