//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{audit, companies, keys, login, one_time_tokens, registration, sessions, tokens, users};

pub fn configure(routes: &mut ServiceConfig) {
    // Signing in and out.
    routes
        .service(registration::http::register)
        .service(registration::http::verify_email)
        .service(registration::http::resend_verification)
        .service(login::http::log_in)
        .service(sessions::http::refresh)
        .service(sessions::http::log_out)
        .service(sessions::http::log_out_everywhere)
        .service(sessions::http::list_sessions)
        .service(sessions::http::revoke_session);
    // One's own account.
    routes
        .service(users::http::me)
        .service(users::http::my_profile)
        .service(users::http::update_profile)
        .service(users::http::set_role);
    // Companies.
    routes
        .service(companies::http::create_company)
        .service(companies::http::list_companies)
        .service(companies::http::show_company);
    // For those who run the platform.
    routes.service(audit::http::list_audit_events);
    // Public keys.
    routes.service(keys::http::jwks);
    // For other services; the gateway never routes these.
    routes
        .service(tokens::http::issue_service_token)
        .service(tokens::http::issue_identity_token)
        .service(one_time_tokens::http::mint)
        .service(users::http::show_user)
        .service(companies::http::show_company_to_services);
}
