//! What auth hears of, one file for each event.

mod financial_action_recorded;

use contracts::ledger::v1::FinancialActionRecorded;
use events::{Consumers, Delivery};

use crate::App;

pub fn consumers() -> Consumers<App> {
    Consumers::new().on(|_: &App, conn, event: Delivery<FinancialActionRecorded>| {
        Box::pin(financial_action_recorded::handle(conn, event))
    })
}
