//! A valid request for every operation, one file per service. Path parameters are about what belongs to the row's
//! owner; what an operation uses up is new for everybody who is let in.

mod account;
mod booking;
mod companies;
mod internal;
mod ledger;
mod money;
mod reviews;
mod signing_in;

pub use internal::CREDENTIALS;

use super::{call::Call, check::Case};

/// `None` for an operation that no file knows.
pub async fn call(case: &Case<'_>) -> Option<Call> {
    if case.row.service == "ledger"
        && let Some(call) = Box::pin(ledger::call(case)).await
    {
        return Some(call);
    }
    if case.row.is_internal() {
        return internal::call(case).await;
    }
    match case.row.service {
        "auth" => match Box::pin(signing_in::call(case)).await {
            None => match Box::pin(account::call(case)).await {
                None => Box::pin(companies::call(case)).await,
                found => found,
            },
            found => found,
        },
        "booking" => booking::call(case).await,
        "gateway" => Some(Call::plain()),
        _ => money::call(case).await,
    }
}
