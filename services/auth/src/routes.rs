//! The whole route table, group by group.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    api_keys, audit, companies, data_exports, email_changes, erasure, invitations, keys, login, members, mfa,
    one_time_tokens, passkeys, passwords, photos, registration, sessions, tokens, users,
};

pub fn configure(routes: &mut ServiceConfig) {
    signing_in(routes);
    sessions(routes);
    own_account(routes);
    factors(routes);
    companies(routes);
    teams(routes);
    api_keys(routes);
    for_operators(routes);
    for_services(routes);
}

fn signing_in(routes: &mut ServiceConfig) {
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
        .service(email_changes::http::confirm_email_change);
}

fn sessions(routes: &mut ServiceConfig) {
    routes
        .service(sessions::http::refresh)
        .service(sessions::http::log_out)
        .service(sessions::http::log_out_everywhere)
        .service(sessions::http::list_sessions)
        .service(sessions::http::revoke_session)
        .service(keys::http::jwks);
}

fn own_account(routes: &mut ServiceConfig) {
    routes
        .service(users::http::me)
        .service(users::http::my_profile)
        .service(users::http::update_profile)
        .service(users::http::set_role)
        .service(photos::http::upload_photo)
        .service(photos::http::delete_photo)
        .service(photos::http::show_photo)
        .service(data_exports::http::request_export)
        .service(data_exports::http::show_export)
        .service(data_exports::http::download_export)
        .service(erasure::http::erase_account)
        .service(passwords::http::change_password)
        .service(email_changes::http::request_email_change);
}

/// What one signs in by beside a password.
fn factors(routes: &mut ServiceConfig) {
    routes
        .service(mfa::http::factor::show_mfa)
        .service(mfa::http::factor::start_totp)
        .service(mfa::http::factor::confirm_totp)
        .service(mfa::http::factor::disable_totp)
        .service(mfa::http::factor::replace_recovery_codes)
        .service(passkeys::http::registration::begin_passkey_registration)
        .service(passkeys::http::registration::finish_passkey_registration)
        .service(passkeys::http::passkeys::list_passkeys)
        .service(passkeys::http::passkeys::rename_passkey)
        .service(passkeys::http::passkeys::delete_passkey);
}

fn companies(routes: &mut ServiceConfig) {
    routes
        .service(companies::http::create_company)
        .service(companies::http::list_companies)
        .service(companies::http::show_company)
        .service(companies::http::update_company)
        .service(companies::http::delete_company)
        .service(members::http::add_admin)
        .service(members::http::remove_admin)
        .service(members::http::transfer_ownership);
}

/// Words before parameters: `/invitations` is no member.
fn teams(routes: &mut ServiceConfig) {
    routes
        .service(members::http::list_members)
        .service(members::http::add_member)
        .service(members::http::remove_member)
        .service(invitations::http::invite)
        .service(invitations::http::check_email)
        .service(invitations::http::list_invitations)
        .service(invitations::http::resend_invitation)
        .service(invitations::http::withdraw_invitation)
        .service(invitations::http::show_invitation)
        .service(invitations::http::accept_invitation);
}

fn api_keys(routes: &mut ServiceConfig) {
    routes
        .service(api_keys::http::create_personal_key)
        .service(api_keys::http::list_personal_keys)
        .service(api_keys::http::revoke_personal_key)
        .service(api_keys::http::create_company_key)
        .service(api_keys::http::list_company_keys)
        .service(api_keys::http::revoke_company_key);
}

/// For those who run the platform.
fn for_operators(routes: &mut ServiceConfig) {
    routes.service(audit::http::list_audit_events);
}

/// The gateway never routes these.
fn for_services(routes: &mut ServiceConfig) {
    routes
        .service(tokens::http::issue_service_token)
        .service(tokens::http::issue_identity_token)
        .service(api_keys::http::issue_api_key_identity_token)
        .service(invitations::http::mint_invitation_secret)
        .service(one_time_tokens::http::mint)
        .service(users::http::show_user)
        .service(companies::http::show_company_to_services);
}
