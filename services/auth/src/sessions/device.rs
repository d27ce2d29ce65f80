//! What a request says of the device it comes from, for the list of signed-in devices and the trail of
//! security events. Nobody gets in by it.

use std::{
    future::{Ready, ready},
    net::IpAddr,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT};
use problem::Problem;
use serde::{Deserialize, Serialize};

const MAX_USER_AGENT_CHARS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub user_agent: String,
    /// As the gateway saw it; it removes what clients claim themselves.
    pub address: Option<String>,
}

impl FromRequest for Device {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let user_agent = header(USER_AGENT.as_str()).chars().filter(|letter| !letter.is_control());
        let address: Option<IpAddr> = header("x-forwarded-for").split(',').next().and_then(|ip| ip.trim().parse().ok());
        ready(Ok(Self {
            user_agent: user_agent.take(MAX_USER_AGENT_CHARS).collect(),
            address: address.map(|ip| ip.to_string()),
        }))
    }
}
