//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{accounts, balances, personal_data, transfers};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(balances::http::get_company_balance)
        .service(balances::http::list_my_wallets)
        .service(balances::http::get_available_balance)
        .service(accounts::http::get_account_statement)
        .service(balances::http::get_trial_balance)
        .service(transfers::http::list_ledger_transfers)
        .service(balances::http::get_settlement)
        .service(personal_data::export_entries_of);
}
