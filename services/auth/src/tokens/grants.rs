//! Which service may call which. A call that is not in this table gets no token; which routes of the callee it may
//! use stands at those routes.

/// Caller, and whom it may call.
const GRANTS: [(&str, &[&str]); 8] = [
    ("gateway", &["auth"]),
    ("auth", &["booking", "billing", "ledger", "messaging"]),
    ("booking", &["auth", "billing"]),
    ("billing", &["auth", "booking", "ledger", "webhook"]),
    ("ledger", &["auth"]),
    ("messaging", &["auth", "booking", "billing"]),
    ("webhook", &[]),
    ("sandbox", &[]),
];

pub fn is_service(name: &str) -> bool {
    GRANTS.iter().any(|(caller, _)| *caller == name)
}

pub fn may_call(caller: &str, callee: &str) -> bool {
    GRANTS.iter().any(|(name, callees)| *name == caller && callees.contains(&callee))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_row_and_nobody_calls_a_stranger() {
        for (service, _) in service_kit::config::SERVICES {
            assert!(is_service(service), "{service}");
        }
        for (caller, callees) in GRANTS {
            assert!(callees.iter().all(|callee| is_service(callee) && *callee != caller));
        }
        assert!(may_call("billing", "booking") && !may_call("booking", "ledger") && !may_call("stranger", "auth"));
    }
}
