//! The route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    authorizations::http as authorizations,
    commission_terms::http as commission,
    connections::http as connections,
    dashboard, disputes,
    payment_methods::{http as methods, portal},
    payment_settings, payments,
    payout_accounts::http as accounts,
    payout_receivers::{http as receivers, internal as receivers_internal},
    payout_schedules, payouts, personal_data, receipts, refunds, sessions, transactions,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(payments::http::payment_config)
        .service(payment_settings::http::get_payment_settings)
        .service(payment_settings::http::update_payment_settings)
        .service(connections::begin_square_connection)
        .service(connections::finish_square_connection)
        .service(connections::get_square_connection)
        .service(connections::end_square_connection)
        .service(accounts::make_payout_account)
        .service(accounts::get_payout_account)
        .service(accounts::get_payout_account_link)
        .service(accounts::get_payout_account_balance)
        .service(receivers::name_payout_receiver)
        .service(receivers::get_payout_receiver)
        .service(receivers::confirm_payout_receiver)
        .service(receivers::remove_payout_receiver)
        .service(payout_schedules::http::get_payout_schedule)
        .service(payout_schedules::http::update_payout_schedule)
        .service(sessions::http::create_session)
        .service(sessions::by_link::pay_by_link)
        .service(sessions::charge_http::charge_customer)
        .service(methods::create_method_setup)
        .service(methods::verify_method_setup)
        .service(methods::list_payment_methods)
        .service(methods::get_payment_method)
        .service(methods::set_default_payment_method)
        .service(methods::set_payment_method_consent)
        .service(methods::remove_payment_method)
        .service(portal::create_portal_session)
        .service(payments::http::verify_payment)
        .service(authorizations::capture_authorization)
        .service(authorizations::void_authorization)
        .service(refunds::http::create_refund)
        .service(payments::http::list_payments)
        .service(payments::http::get_payment)
        .service(refunds::http::list_refunds)
        .service(disputes::http::list_disputes)
        .service(disputes::http::get_dispute)
        .service(payouts::http::create_payout)
        .service(payouts::http::list_payouts)
        .service(payouts::http::get_payout)
        .service(receipts::http::list_receipts)
        .service(receipts::http::get_receipt)
        .service(receipts::http::get_receipt_pdf)
        .service(commission::get_company_commission)
        .service(commission::set_company_commission)
        .service(commission::set_company_plan)
        .service(commission::get_plan_commission)
        .service(commission::set_plan_commission)
        .service(dashboard::http::get_financial_dashboard)
        .service(transactions::http::list_transactions)
        .service(transactions::detail::get_payment_detail)
        .service(transactions::again::ask_about_payment);
    // For other services
    config
        .service(personal_data::export_personal_data)
        .service(receivers_internal::mint)
        .service(commission::get_commission_for_service);
}
