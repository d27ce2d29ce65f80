use super::*;
use crate::routes::table;

#[test]
fn every_class_is_used() {
    for class in Class::ALL {
        assert!(table::all().any(|rule| rule.class == class), "no route has the class {class:?}");
    }
    assert!(table::all().all(|rule| Class::ALL.contains(&rule.class)));
}

#[test]
fn a_quota_of_one_name_is_one_quota() {
    for one in quotas() {
        assert!(quotas().all(|other| other.name != one.name || other == one), "{} has two meanings", one.name);
    }
}

#[test]
fn what_guesses_or_sends_mail_is_limited_by_address() {
    for path in ["/api/auth/login", "/api/auth/register", "/api/auth/password/forgot", "/api/auth/verify-email/resend"]
    {
        let terms = table::find(path, service_kit::Environment::Production).unwrap().class.terms();
        assert_eq!(terms.per, Per::Address, "{path}");
        let Rate::All(quota) = terms.rate else { panic!("{path} is not limited") };
        assert!(quota.requests <= 20, "{path}");
    }
    let webhook = table::find("/webhooks/stripe", service_kit::Environment::Production).unwrap();
    assert_eq!(webhook.class.terms().rate, Rate::Unlimited, "a provider's busy day is no attack");
}

fn rate(quota: &Quota) -> String {
    let window = if quota.window.as_secs() == 60 { "min" } else { "h" };
    format!("{} {}/{window}", quota.name, quota.requests)
}

/// The line of the guide.
fn documented(class: Class) -> String {
    let terms = class.terms();
    let rate = match &terms.rate {
        Rate::Unlimited => "—".to_owned(),
        Rate::All(quota) => format!("{} per {:?}", rate(quota), terms.per),
        Rate::Split { reads, writes } => format!("{}, {} per {:?}", rate(reads), rate(writes), terms.per),
    };
    let body = if terms.body >= MB { format!("{} MB", terms.body / MB) } else { format!("{} kB", terms.body / KB) };
    format!("| {class:?} | {} | {body} | {} s |", rate.to_lowercase(), terms.time.as_secs())
}

#[test]
fn the_guide_says_what_the_code_does() {
    let guide = include_str!("../../../../../docs/guides/gateway.md");
    for class in Class::ALL {
        let line = documented(class);
        assert!(guide.lines().any(|written| written == line), "docs/guides/gateway.md lacks this line:\n{line}");
    }
    assert!(guide.contains(&format!("`{}`", rate(&NEW_CREDENTIALS))), "docs/guides/gateway.md lacks new_credentials");
}

#[test]
fn strangers_with_a_link_are_counted_by_address() {
    for path in ["/api/bookings/links/rtl_a", "/api/payments/links/rtl_a"] {
        let rule = table::find(path, service_kit::Environment::Production).unwrap();
        assert_eq!((rule.class, rule.class.terms().per), (Class::Link, Per::Address), "{path}");
    }
}
