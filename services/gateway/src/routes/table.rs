//! Where every path leads. The first rule that covers a path decides; what no rule covers is 404, and so is every
//! `/internal` path of a service.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use service_kit::Environment;

use super::{
    classes::Class,
    pattern::{covers, is_plain},
};

/// What the gateway does with a request's `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// A valid token becomes an internal identity, an invalid one is 401; without one the service decides.
    Optional,
    /// Removed unread: these paths ask for no identity, and an expired token must not keep anybody from signing in.
    Ignored,
    /// Not ours to read: the sandbox plays providers, with keys of its own.
    Foreign,
}

use Authentication::{Foreign, Ignored, Optional};
use Class::{
    Link, Mail, Provider, Recovery, Refresh, Report, Sandbox, Search, SignIn, SignUp, Standard, Stream, Upload,
};

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    pub pattern: &'static str,
    pub service: &'static str,
    pub authentication: Authentication,
    /// How often, how much and how long: see [`super::classes`].
    pub class: Class,
    /// The prefix that takes the place of the pattern's, for an alias.
    pub becomes: Option<&'static str>,
    pub repeats: Repeats,
}

/// Whether a write may be sent again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    Never,
    /// With an `Idempotency-Key`: the service keeps the key and its first answer.
    WithKey,
}

const fn rule(pattern: &'static str, service: &'static str, authentication: Authentication, class: Class) -> Rule {
    Rule { pattern, service, authentication, class, becomes: None, repeats: Repeats::Never }
}

const fn alias(pattern: &'static str, becomes: &'static str, service: &'static str, class: Class) -> Rule {
    Rule { pattern, service, authentication: Optional, class, becomes: Some(becomes), repeats: Repeats::Never }
}

/// Paid by whoever has a link, once for each `Idempotency-Key`.
const fn paid_by_link(pattern: &'static str, service: &'static str) -> Rule {
    Rule { repeats: Repeats::WithKey, ..rule(pattern, service, Ignored, Link) }
}

/// A route that does a thing once, however often it is sent with the same `Idempotency-Key`.
const fn keyed(pattern: &'static str, service: &'static str) -> Rule {
    Rule { repeats: Repeats::WithKey, ..rule(pattern, service, Optional, Standard) }
}

#[rustfmt::skip]
static TABLE: &[Rule] = &[
    // signing in
    rule("/api/auth/register",                    "auth",      Ignored,  SignUp),
    rule("/api/auth/verify-email/*",              "auth",      Ignored,  SignUp),
    rule("/api/auth/login/*",                     "auth",      Ignored,  SignIn),
    rule("/api/auth/refresh",                     "auth",      Ignored,  Refresh),
    rule("/api/auth/password/forgot",             "auth",      Ignored,  Recovery),
    rule("/api/auth/password/reset",              "auth",      Ignored,  Recovery),
    rule("/.well-known/jwks.json",                "auth",      Ignored,  Standard),
    // people, companies, teams
    rule("/api/auth/*",                           "auth",      Optional, Standard),
    rule("/api/user/available-balance",           "ledger",    Optional, Standard),
    rule("/api/user/upload-photo",                "auth",      Optional, Upload),
    rule("/api/user/*",                           "auth",      Optional, Standard),
    rule("/api/companies/{}/balance",             "ledger",    Optional, Standard),
    rule("/api/companies/*",                      "auth",      Optional, Standard),
    rule("/api/teams/*",                          "auth",      Optional, Standard),
    rule("/api/admin/audit/*",                    "auth",      Optional, Standard),
    // places, studios, rooms, bookings
    rule("/api/countries/*",                      "booking",   Optional, Standard),
    rule("/api/cities/*",                         "booking",   Optional, Standard),
    rule("/api/studios/search",                   "booking",   Optional, Search),
    rule("/api/studios/*",                        "booking",   Optional, Standard),
    alias("/api/addresses/search", "/api/studios/search", "booking", Search),
    alias("/api/addresses/*", "/api/studios", "booking", Standard),
    rule("/api/rooms/{}/photos/*",                "booking",   Optional, Upload),
    rule("/api/rooms/*",                          "booking",   Optional, Standard),
    rule("/api/photos/*",                         "booking",   Optional, Upload),
    rule("/api/promotions/*",                     "booking",   Optional, Standard),
    rule("/api/engineers/*",                      "booking",   Optional, Standard),
    keyed("/api/bookings", "booking"),
    keyed("/api/bookings/series", "booking"),
    keyed("/api/bookings/series/{}/fill", "booking"),
    rule("/api/bookings/links/{}",                "booking",   Optional, Link),
    rule("/api/bookings/*",                       "booking",   Optional, Standard),
    rule("/api/reviews/*",                        "booking",   Optional, Standard),
    rule("/api/admin/reviews/*",                  "booking",   Optional, Standard),
    rule("/api/calendar/*",                       "booking",   Optional, Standard),
    // provider events
    rule("/webhooks/*",                           "webhook",   Ignored,  Provider),
    rule("/api/stripe/webhook",                   "webhook",   Ignored,  Provider),
    rule("/api/admin/webhook-events/*",           "webhook",   Optional, Standard),
    // money asked for and paid
    keyed("/api/payments/session", "billing"),
    keyed("/api/payments/charge", "billing"),
    keyed("/api/payments/refund", "billing"),
    keyed("/api/payments/{}/capture", "billing"),
    keyed("/api/payments/{}/void", "billing"),
    paid_by_link("/api/payments/links/{}", "billing"),
    rule("/api/payments/paypal/receiver",         "billing",   Optional, Mail),
    rule("/api/payments/*",                       "billing",   Optional, Standard),
    rule("/api/payment-methods/*",                "billing",   Optional, Standard),
    rule("/api/stripe/*",                         "billing",   Optional, Standard),
    keyed("/api/payouts", "billing"),
    rule("/api/payouts/*",                        "billing",   Optional, Standard),
    rule("/api/receipts/*",                       "billing",   Optional, Standard),
    rule("/api/customers/*",                      "billing",   Optional, Standard),
    rule("/api/invoices/*",                       "billing",   Optional, Standard),
    rule("/api/invoice-templates/*",              "billing",   Optional, Standard),
    rule("/api/credit-notes/*",                   "billing",   Optional, Standard),
    rule("/api/dues/*",                           "billing",   Optional, Standard),
    rule("/api/disputes/*",                       "billing",   Optional, Standard),
    rule("/api/plans/*",                          "billing",   Optional, Standard),
    rule("/api/subscriptions/*",                  "billing",   Optional, Standard),
    rule("/api/billing-cycles/*",                 "billing",   Optional, Standard),
    rule("/api/usage/*",                          "billing",   Optional, Standard),
    rule("/api/credits/purchase",                 "billing",   Optional, Standard),
    rule("/api/dashboard/*",                      "billing",   Optional, Standard),
    rule("/api/reports/*",                        "billing",   Optional, Report),
    rule("/api/search/*",                         "billing",   Optional, Search),
    rule("/api/saved-filters/*",                  "billing",   Optional, Standard),
    rule("/api/admin/companies/{}/commission",    "billing",   Optional, Standard),
    rule("/api/admin/companies/{}/commission-plan", "billing", Optional, Standard),
    rule("/api/admin/commission-plans/*",         "billing",   Optional, Standard),
    rule("/api/admin/financial-dashboard/*",      "billing",   Optional, Standard),
    rule("/api/admin/transactions/*",             "billing",   Optional, Standard),
    rule("/api/admin/payments/*",                 "billing",   Optional, Standard),
    rule("/api/admin/subscriptions/*",            "billing",   Optional, Standard),
    rule("/api/admin/plans/*",                    "billing",   Optional, Standard),
    rule("/api/admin/support/*",                  "billing",   Optional, Standard),
    // the book of record
    rule("/api/wallets/*",                        "ledger",    Optional, Standard),
    rule("/api/credits/*",                        "ledger",    Optional, Standard),
    rule("/api/ledger/*",                         "ledger",    Optional, Standard),
    rule("/api/admin/ledger/*",                   "ledger",    Optional, Standard),
    // messages
    rule("/api/messages/*",                       "messaging", Optional, Standard),
    rule("/api/notifications/*",                  "messaging", Optional, Standard),
    rule("/api/realtime/*",                       "messaging", Optional, Stream),
    rule("/api/assistant/*",                      "messaging", Optional, Standard),
    rule("/api/webhook-endpoints/*",              "messaging", Optional, Standard),
];

/// Absent in production.
#[rustfmt::skip]
static DEVELOPMENT_TABLE: &[Rule] = &[
    rule("/sandbox/*",                            "sandbox",   Foreign,  Sandbox),
    rule("/checkout/*",                           "sandbox",   Foreign,  Sandbox),
    rule("/payments/*",                           "sandbox",   Foreign,  Sandbox),
    rule("/stripe/*",                             "sandbox",   Foreign,  Sandbox),
    rule("/square/*",                             "sandbox",   Foreign,  Sandbox),
    rule("/paypal/*",                             "sandbox",   Foreign,  Sandbox),
];

/// The rule for a path.
pub fn find(path: &str, environment: Environment) -> Option<&'static Rule> {
    static PRODUCTION: LazyLock<Index> = LazyLock::new(|| index(TABLE.iter()));
    static DEVELOPMENT: LazyLock<Index> = LazyLock::new(|| index(TABLE.iter().chain(DEVELOPMENT_TABLE)));
    if !is_plain(path) {
        return None;
    }
    let index = if environment.is_development() { &*DEVELOPMENT } else { &*PRODUCTION };
    index.get(group(path))?.iter().copied().find(|rule| covers(rule.pattern, path))
}

/// The rules by [`group`], in the order of the table.
type Index = HashMap<&'static str, Vec<&'static Rule>>;

fn index(rules: impl Iterator<Item = &'static Rule>) -> Index {
    let mut index = Index::new();
    for rule in rules {
        index.entry(group(rule.pattern)).or_default().push(rule);
    }
    index
}

/// The beginning that paths of one rule share, so that few rules need a look: `/api/rooms`, or `/webhooks`.
fn group(path: &str) -> &str {
    let segments = if path.starts_with("/api/") { 2 } else { 1 };
    let end = path.match_indices('/').nth(segments).map_or(path.len(), |(at, _)| at);
    &path[..end]
}

impl Rule {
    /// The path as its service knows it, with the query.
    pub fn rewrite<'p>(&self, path_and_query: &'p str) -> Cow<'p, str> {
        let prefix = self.pattern.strip_suffix("/*").unwrap_or(self.pattern);
        match self.becomes {
            Some(becomes) => Cow::Owned(format!("{becomes}{}", &path_and_query[prefix.len()..])),
            None => Cow::Borrowed(path_and_query),
        }
    }
}

/// Every rule, for the guide's test and those here.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().chain(DEVELOPMENT_TABLE)
}

#[cfg(test)]
mod tests;
