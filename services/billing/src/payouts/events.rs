//! What the others hear of a payout.

use contracts::billing::v1::{PayoutFailed, PayoutPaid, PayoutRequested};
use events::outbox::{self, Change};
use jiff::Timestamp;
use store::{Conn, Error};

use super::model::{Outcome, Payout, Reason};

pub async fn enqueue(conn: &mut Conn, payout: &Payout, outcome: Outcome, now: Timestamp) -> Result<(), Error> {
    let change = Change {
        aggregate_type: "payout",
        aggregate_id: payout.id.uuid(),
        version: payout.version,
        ordinal: 0,
        tenant: Some(payout.company_id.uuid()),
        occurred_at: now,
    };
    match outcome {
        Outcome::Requested => outbox::enqueue(conn, change, &requested(payout)).await?,
        Outcome::Paid => outbox::enqueue(conn, change, &paid(payout, now)).await?,
        Outcome::Failed => outbox::enqueue(conn, change, &failed(payout, now)).await?,
    };
    Ok(())
}

fn requested(payout: &Payout) -> PayoutRequested {
    let requested_by = match &payout.reason {
        Reason::Asked(user_id) => user_id.to_string(),
        Reason::Period(_) => String::new(),
    };
    PayoutRequested {
        payout_id: payout.id.to_string(),
        company_id: payout.company_id.to_string(),
        provider: payout.provider.to_string(),
        currency: payout.amount.currency.to_string(),
        amount: payout.amount.amount,
        cause: payout.cause().as_str().to_owned(),
        requested_by,
        requested_at_micros: payout.created_at.as_microsecond(),
    }
}

fn paid(payout: &Payout, now: Timestamp) -> PayoutPaid {
    PayoutPaid {
        payout_id: payout.id.to_string(),
        company_id: payout.company_id.to_string(),
        provider: payout.provider.to_string(),
        provider_payout_id: payout.provider_payout_id.clone().unwrap_or_default(),
        currency: payout.amount.currency.to_string(),
        amount: payout.amount.amount,
        paid_at_micros: payout.paid_at.unwrap_or(now).as_microsecond(),
    }
}

fn failed(payout: &Payout, now: Timestamp) -> PayoutFailed {
    let (failure_code, failure_message) =
        payout.failure.clone().map(|failure| (failure.code, failure.message)).unwrap_or_default();
    PayoutFailed {
        payout_id: payout.id.to_string(),
        company_id: payout.company_id.to_string(),
        provider: payout.provider.to_string(),
        currency: payout.amount.currency.to_string(),
        amount: payout.amount.amount,
        failure_code,
        failure_message,
        failed_at_micros: payout.closed_at.unwrap_or(now).as_microsecond(),
    }
}
