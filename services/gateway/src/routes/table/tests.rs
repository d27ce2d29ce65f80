use super::*;

fn service_of(path: &str) -> &'static str {
    find(path, Environment::Production).map_or("none", |rule| rule.service)
}

#[test]
fn paths_lead_to_the_service_that_owns_them() {
    for (path, service) in [
        ("/api/auth/login", "auth"),
        ("/api/auth/me", "auth"),
        ("/api/user/me", "auth"),
        ("/api/user/available-balance", "ledger"),
        ("/api/companies", "auth"),
        ("/api/companies/com_1", "auth"),
        ("/api/companies/com_1/balance", "ledger"),
        ("/api/companies/com_1/admins/usr_1", "auth"),
        ("/api/teams/invite", "auth"),
        ("/api/admin/audit", "auth"),
        ("/api/countries/ctr_1/cities", "booking"),
        ("/api/studios/search", "booking"),
        ("/api/addresses/std_1", "booking"),
        ("/api/rooms/rom_1/prices", "booking"),
        ("/api/bookings/bkg_1/cancel", "booking"),
        ("/api/calendar/token.ics", "booking"),
        ("/api/payments/session", "billing"),
        ("/api/payments/links/token", "billing"),
        ("/api/payments/paypal/receiver", "billing"),
        ("/api/payments/paypal/receiver/confirm", "billing"),
        ("/api/stripe/portal-session", "billing"),
        ("/api/stripe/webhook", "webhook"),
        ("/webhooks/stripe", "webhook"),
        ("/api/admin/webhook-events", "webhook"),
        ("/api/admin/companies/com_1/commission", "billing"),
        ("/api/admin/companies/com_1/commission-plan", "billing"),
        ("/api/admin/companies/com_1", "none"),
        ("/api/admin/commission-plans/gold", "billing"),
        ("/api/admin/financial-dashboard", "billing"),
        ("/api/wallets/me", "ledger"),
        ("/api/credits", "ledger"),
        ("/api/credits/purchase", "billing"),
        ("/api/admin/ledger/trial-balance", "ledger"),
        ("/api/messages/chats", "messaging"),
        ("/api/notifications", "messaging"),
        ("/.well-known/jwks.json", "auth"),
        ("/.well-known/other", "none"),
        ("/api", "none"),
        ("/api/unknown", "none"),
        ("/api/auth", "auth"),
        ("/api/authx", "none"),
        ("/api/companiesx", "none"),
        ("/API/auth/login", "none"),
        ("//api/auth/login", "none"),
        ("/", "none"),
        ("", "none"),
    ] {
        assert_eq!(service_of(path), service, "{path}");
    }
}

#[test]
fn internal_routes_have_no_public_path() {
    for path in [
        "/internal",
        "/internal/identity-tokens",
        "/internal/one-time-tokens/ott_1/mint",
        "/internal/clock",
        "/api/internal",
        "/api/auth/../../internal/service-tokens",
        "/api/auth/%2e%2e/%2E./internal/service-tokens",
        "//internal/service-tokens",
        "/%69nternal/service-tokens",
    ] {
        for environment in [Environment::Production, Environment::Development] {
            assert_eq!(find(path, environment), None, "{path}");
        }
    }
    assert!(!all().any(|rule| rule.pattern.contains("internal")));
}

/// Services decode a path before they look for its route; a spelling that only they understand would be served in the
/// class of another route.
#[test]
fn a_percent_encoded_letter_leads_nowhere() {
    for path in [
        "/api/auth/%6cogin",
        "/api/auth/%4cogin",
        "/api/auth/%6C%6Fgin",
        "/api/auth/password/%66orgot",
        "/api/auth/password%2dforgot",
        "/api/addresses/%73earch",
        "/%61pi/auth/login",
    ] {
        assert_eq!(find(path, Environment::Production), None, "{path}");
    }
    assert_eq!(service_of("/api/studios/a%20b"), "booking");
    assert_eq!(service_of("/api/studios/K%C3%B6ln%2F50%25"), "booking");
}

#[test]
fn the_sandbox_is_absent_in_production() {
    for path in ["/sandbox/mailbox", "/checkout/cs_1", "/payments/success", "/stripe/v1/charges"] {
        assert_eq!(find(path, Environment::Production), None, "{path}");
        assert_eq!(find(path, Environment::Development).unwrap().service, "sandbox");
    }
}

#[test]
fn an_old_token_keeps_nobody_from_signing_in() {
    for path in [
        "/api/auth/register",
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/verify-email",
        "/api/auth/verify-email/resend",
        "/api/auth/password/reset",
        "/webhooks/paypal",
        "/.well-known/jwks.json",
    ] {
        assert_eq!(find(path, Environment::Production).unwrap().authentication, Ignored, "{path}");
    }
    for path in ["/api/auth/logout", "/api/auth/me", "/api/auth/password/change", "/api/studios"] {
        assert_eq!(find(path, Environment::Production).unwrap().authentication, Optional, "{path}");
    }
}

#[test]
fn an_alias_changes_its_prefix_and_nothing_else() {
    for (path, rewritten) in [
        ("/api/addresses", "/api/studios"),
        ("/api/addresses/search?limit=2", "/api/studios/search?limit=2"),
        ("/api/addresses/std_1/rooms?limit=2", "/api/studios/std_1/rooms?limit=2"),
        ("/api/addresses?x=/api/addresses", "/api/studios?x=/api/addresses"),
        ("/api/studios/std_1?y=1", "/api/studios/std_1?y=1"),
    ] {
        let bare = path.split('?').next().unwrap();
        assert_eq!(find(bare, Environment::Production).unwrap().rewrite(path), rewritten);
    }
}

/// A rule below a wider one would never be reached.
#[test]
fn no_rule_hides_another() {
    let rules: Vec<&Rule> = all().collect();
    for (index, rule) in rules.iter().enumerate() {
        let sample = rule.pattern.replace("{}", "x").replace("/*", "/x");
        let first = find(&sample, Environment::Development).unwrap();
        assert_eq!(first, *rule, "rule {index} is hidden");
    }
}
