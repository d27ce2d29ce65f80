//! Where every path leads. The first rule that covers a path decides; what no rule covers is 404, and so is every
//! `/internal` path of a service.

use service_kit::Environment;

use super::pattern::{covers, has_dot_segment};

/// What the gateway does with a request's `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A valid token becomes an internal identity, an invalid one is 401; without one the service decides.
    Optional,
    /// Removed unread: these paths ask for no identity, and an expired token must not keep anybody from signing in.
    Ignored,
    /// Not ours to read: the sandbox plays providers, with keys of its own.
    Foreign,
}

use Identity::{Foreign, Ignored, Optional};

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub pattern: &'static str,
    pub service: &'static str,
    pub identity: Identity,
    /// The prefix that takes the place of the pattern's, for an alias.
    pub becomes: Option<&'static str>,
}

const fn rule(pattern: &'static str, service: &'static str, identity: Identity) -> Rule {
    Rule { pattern, service, identity, becomes: None }
}

const fn alias(pattern: &'static str, becomes: &'static str, service: &'static str) -> Rule {
    Rule { pattern, service, identity: Optional, becomes: Some(becomes) }
}

#[rustfmt::skip]
static TABLE: &[Rule] = &[
    // signing in
    rule("/api/auth/register",                "auth",      Ignored),
    rule("/api/auth/verify-email/*",          "auth",      Ignored),
    rule("/api/auth/login/*",                 "auth",      Ignored),
    rule("/api/auth/refresh",                 "auth",      Ignored),
    rule("/api/auth/password/forgot",         "auth",      Ignored),
    rule("/api/auth/password/reset",          "auth",      Ignored),
    rule("/.well-known/jwks.json",            "auth",      Ignored),
    // people, companies, teams
    rule("/api/auth/*",                       "auth",      Optional),
    rule("/api/user/available-balance",       "ledger",    Optional),
    rule("/api/user/*",                       "auth",      Optional),
    rule("/api/companies/{}/balance",         "ledger",    Optional),
    rule("/api/companies/*",                  "auth",      Optional),
    rule("/api/teams/*",                      "auth",      Optional),
    rule("/api/admin/audit/*",                "auth",      Optional),
    // places, studios, rooms, bookings
    rule("/api/countries/*",                  "booking",   Optional),
    rule("/api/cities/*",                     "booking",   Optional),
    rule("/api/studios/*",                    "booking",   Optional),
    alias("/api/addresses/*", "/api/studios", "booking"),
    rule("/api/rooms/*",                      "booking",   Optional),
    rule("/api/photos/*",                     "booking",   Optional),
    rule("/api/bookings/*",                   "booking",   Optional),
    rule("/api/calendar/*",                   "booking",   Optional),
    // provider events
    rule("/webhooks/*",                       "webhook",   Ignored),
    rule("/api/stripe/webhook",               "webhook",   Ignored),
    rule("/api/admin/webhook-events/*",       "webhook",   Optional),
    // money asked for and paid
    rule("/api/payments/*",                   "billing",   Optional),
    rule("/api/payment-methods/*",            "billing",   Optional),
    rule("/api/stripe/*",                     "billing",   Optional),
    rule("/api/payouts/*",                    "billing",   Optional),
    rule("/api/receipts/*",                   "billing",   Optional),
    rule("/api/customers/*",                  "billing",   Optional),
    rule("/api/invoices/*",                   "billing",   Optional),
    rule("/api/invoice-templates/*",          "billing",   Optional),
    rule("/api/credit-notes/*",               "billing",   Optional),
    rule("/api/dues/*",                       "billing",   Optional),
    rule("/api/disputes/*",                   "billing",   Optional),
    rule("/api/plans/*",                      "billing",   Optional),
    rule("/api/subscriptions/*",              "billing",   Optional),
    rule("/api/billing-cycles/*",             "billing",   Optional),
    rule("/api/usage/*",                      "billing",   Optional),
    rule("/api/credits/purchase",             "billing",   Optional),
    rule("/api/dashboard/*",                  "billing",   Optional),
    rule("/api/reports/*",                    "billing",   Optional),
    rule("/api/search/*",                     "billing",   Optional),
    rule("/api/saved-filters/*",              "billing",   Optional),
    rule("/api/admin/financial-dashboard/*",  "billing",   Optional),
    rule("/api/admin/transactions/*",         "billing",   Optional),
    rule("/api/admin/subscriptions/*",        "billing",   Optional),
    rule("/api/admin/plans/*",                "billing",   Optional),
    rule("/api/admin/support/*",              "billing",   Optional),
    // the book of record
    rule("/api/wallets/*",                    "ledger",    Optional),
    rule("/api/credits/*",                    "ledger",    Optional),
    rule("/api/ledger/*",                     "ledger",    Optional),
    rule("/api/admin/ledger/*",               "ledger",    Optional),
    // messages
    rule("/api/messages/*",                   "messaging", Optional),
    rule("/api/notifications/*",              "messaging", Optional),
    rule("/api/realtime/*",                   "messaging", Optional),
    rule("/api/assistant/*",                  "messaging", Optional),
    rule("/api/webhook-endpoints/*",          "messaging", Optional),
];

/// Absent in production.
#[rustfmt::skip]
static DEVELOPMENT_TABLE: &[Rule] = &[
    rule("/sandbox/*",                        "sandbox",   Foreign),
    rule("/checkout/*",                       "sandbox",   Foreign),
    rule("/payments/*",                       "sandbox",   Foreign),
    rule("/stripe/*",                         "sandbox",   Foreign),
];

/// The rule for a path.
pub fn find(path: &str, environment: Environment) -> Option<&'static Rule> {
    if has_dot_segment(path) {
        return None;
    }
    let development = if environment.is_development() { DEVELOPMENT_TABLE } else { &[] };
    TABLE.iter().chain(development).find(|rule| covers(rule.pattern, path))
}

impl Rule {
    /// The path as its service knows it, with the query.
    pub fn rewrite(&self, path_and_query: &str) -> String {
        match (self.becomes, self.pattern.strip_suffix("/*")) {
            (Some(becomes), Some(prefix)) => format!("{becomes}{}", &path_and_query[prefix.len()..]),
            _ => path_and_query.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
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
            ("/api/stripe/portal-session", "billing"),
            ("/api/stripe/webhook", "webhook"),
            ("/webhooks/stripe", "webhook"),
            ("/api/admin/webhook-events", "webhook"),
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
        assert!(!TABLE.iter().chain(DEVELOPMENT_TABLE).any(|rule| rule.pattern.contains("internal")));
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
            assert_eq!(find(path, Environment::Production).unwrap().identity, Ignored, "{path}");
        }
        for path in ["/api/auth/logout", "/api/auth/me", "/api/auth/password/change", "/api/studios"] {
            assert_eq!(find(path, Environment::Production).unwrap().identity, Optional, "{path}");
        }
    }

    #[test]
    fn an_alias_changes_its_prefix_and_nothing_else() {
        for (path, rewritten) in [
            ("/api/addresses", "/api/studios"),
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
        let rules: Vec<&Rule> = TABLE.iter().chain(DEVELOPMENT_TABLE).collect();
        for (index, rule) in rules.iter().enumerate() {
            let sample = rule.pattern.replace("{}", "x").replace("/*", "/x");
            let first = find(&sample, Environment::Development).unwrap();
            assert_eq!(first, *rule, "rule {index} is hidden");
        }
    }
}
