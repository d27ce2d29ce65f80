//! Service tokens, as auth gives them.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::world::text;
use crate::support::TestPlatform;

/// The tokens of every service for every service that it may call.
pub struct ServiceTokens(BTreeMap<(&'static str, &'static str), String>);

impl ServiceTokens {
    pub async fn collect(platform: &TestPlatform) -> Self {
        let mut tokens = BTreeMap::new();
        let services = service_kit::config::SERVICES.map(|(service, _)| service);
        let url: String = platform.source.require("auth_url").unwrap();
        for (caller, callee) in services.iter().flat_map(|caller| services.map(|callee| (*caller, callee))) {
            let request = platform.client.post(format!("{url}/internal/service-tokens"));
            let answer = request.json(&credentials(platform, caller, callee)).send().await.unwrap();
            if answer.status().is_success() {
                let granted: Value = answer.json().await.unwrap();
                tokens.insert((caller, callee), text(&granted["access_token"]).to_owned());
            }
        }
        Self(tokens)
    }

    pub fn of(&self, caller: &str, callee: &str) -> Option<&str> {
        let mut tokens = self.0.iter();
        tokens.find_map(|((from, to), token)| (*from == caller && *to == callee).then_some(token.as_str()))
    }

    /// A token with which somebody may call the service, or else somebody another one.
    pub fn for_anybody(&self, callee: &str) -> &String {
        let fitting = self.0.iter().find(|((_, to), _)| *to == callee);
        fitting.or_else(|| self.0.iter().next()).unwrap().1
    }
}

/// What a service sends for a token.
pub fn credentials(platform: &TestPlatform, caller: &str, callee: &str) -> Value {
    let master = platform.source.secret("service_master_key").unwrap();
    let secret = service_kit::config::derive_service_secret(&master, caller);
    json!({"service": caller, "secret": secret.expose_secret(), "audience": callee})
}
