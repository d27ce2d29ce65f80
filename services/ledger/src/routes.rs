//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    accounts, actions, adjustments, balances, credits, exchanges, exports, payouts, periods, personal_data,
    reconciliation, transfers, turnover,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(balances::http::get_company_balance)
        .service(balances::http::list_my_wallets)
        .service(balances::http::get_available_balance)
        .service(accounts::http::list::list_ledger_accounts)
        .service(accounts::http::balance::get_account_balance)
        .service(accounts::http::statement::get_account_statement)
        .service(accounts::http::export::export_account_statement)
        .service(accounts::http::statement::list_wallet_entries)
        .service(balances::http::get_trial_balance)
        .service(transfers::http::list_ledger_transfers)
        .service(actions::http::list_financial_actions)
        .service(adjustments::http::propose_ledger_adjustment)
        .service(adjustments::http::list_ledger_adjustments)
        .service(adjustments::http::approve_ledger_adjustment)
        .service(adjustments::http::reject_ledger_adjustment)
        .service(credits::http::get_my_credits)
        .service(credits::http::list_my_credit_grants)
        .service(credits::internal::grant_credits)
        .service(credits::internal::take_back_credits)
        .service(credits::internal::hold_credits)
        .service(credits::internal::capture_credits)
        .service(credits::internal::void_credits)
        .service(exchanges::http::record_ledger_exchange)
        .service(exports::http::export_ledger_month)
        .service(periods::http::close_ledger_period)
        .service(periods::http::list_ledger_periods)
        .service(payouts::internal::list_payables)
        .service(payouts::internal::hold_payout)
        .service(payouts::internal::capture_payout)
        .service(payouts::internal::void_payout)
        .service(payouts::internal::return_payout)
        .service(reconciliation::http::reconcile_provider)
        .service(reconciliation::http::list_reconciliations)
        .service(reconciliation::http::get_reconciliation)
        .service(reconciliation::http::list_reconciliation_findings)
        .service(reconciliation::internal::save_balance_transactions)
        .service(transfers::internal::post_transfers)
        .service(transfers::about::list_transfers_about)
        .service(transfers::internal::get_transfer_state)
        .service(turnover::internal::get_turnover)
        .service(balances::http::get_settlement)
        .service(personal_data::export_entries_of);
}
