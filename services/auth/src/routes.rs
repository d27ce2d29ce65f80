//! The whole route table.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    audit, companies, email_changes, keys, login, mfa, one_time_tokens, passkeys, passwords, registration, sessions,
    tokens, users,
};

pub fn configure(routes: &mut ServiceConfig) {
    // Signing in and out.
    routes
        .service(registration::http::register)
        .service(registration::http::verify_email)
        .service(registration::http::resend_verification)
        .service(login::http::log_in)
        .service(mfa::http::enrolment_at_login::start_totp_at_login)
        .service(mfa::http::enrolment_at_login::confirm_totp_at_login)
        .service(passkeys::http::login::begin_passkey_login)
        .service(passkeys::http::login::finish_passkey_login)
        .service(passwords::http::forgot_password)
        .service(passwords::http::reset_password)
        .service(email_changes::http::confirm_email_change)
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
        .service(users::http::set_role)
        .service(passwords::http::change_password)
        .service(email_changes::http::request_email_change);
    // A second factor.
    routes
        .service(mfa::http::factor::show_mfa)
        .service(mfa::http::factor::start_totp)
        .service(mfa::http::factor::confirm_totp)
        .service(mfa::http::factor::disable_totp)
        .service(mfa::http::factor::replace_recovery_codes);
    // Passkeys.
    routes
        .service(passkeys::http::registration::begin_passkey_registration)
        .service(passkeys::http::registration::finish_passkey_registration)
        .service(passkeys::http::passkeys::list_passkeys)
        .service(passkeys::http::passkeys::rename_passkey)
        .service(passkeys::http::passkeys::delete_passkey);
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
