//! The route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    connections::http as connections, disputes, payment_settings, payments, payout_accounts::http as accounts,
    payout_schedules, payouts, personal_data, receipts, refunds, sessions,
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
        .service(payout_schedules::http::get_payout_schedule)
        .service(payout_schedules::http::update_payout_schedule)
        .service(sessions::http::create_session)
        .service(sessions::by_link::pay_by_link)
        .service(payments::http::verify_payment)
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
        .service(receipts::http::get_receipt_pdf);
    // For other services
    config.service(personal_data::export_payments_of);
}
