//! What a kind of route grants: how often, how much, how long. One line for each class; the table of routes names them.
//! `docs/guides/gateway.md` shows the same to people, and a test keeps the two alike.

use std::time::Duration;

use actix_web::http::Method;
use limits::Quota;

/// The kinds of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A password or another proof is tried.
    SignIn,
    /// Mails may be sent to somebody who has not asked for them.
    SignUp,
    Recovery,
    Refresh,
    Search,
    Report,
    Upload,
    /// Connections that stay open.
    Stream,
    /// A provider's events: all its customers come from the same few addresses.
    Provider,
    /// Development only.
    Sandbox,
    Standard,
}

/// Who shares a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// The address a request comes from, whoever asks: what is limited is guessing.
    Address,
    /// The user or the API key; where there is neither, the address.
    Caller,
}

/// How often a class may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    Unlimited,
    All(Quota),
    Split { reads: Quota, writes: Quota },
}

/// One line of the table below.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    pub class: Class,
    pub per: Per,
    pub rate: Rate,
    /// The largest request body, in bytes.
    pub body: u64,
    /// How long a service may take to begin its answer.
    pub time: Duration,
}

use Class::{Provider, Recovery, Refresh, Report, Sandbox, Search, SignIn, SignUp, Standard, Stream, Upload};
use Per::{Address, Caller};
use Rate::{All, Split, Unlimited};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

const READS: Quota = Quota::per_minute("reads", 600);
const WRITES: Quota = Quota::per_minute("writes", 120);

const fn grant(class: Class, per: Per, rate: Rate, body: u64, secs: u64) -> Grant {
    Grant { class, per, rate, body, time: Duration::from_secs(secs) }
}

/// In the order of [`Class`], with the values of production.
#[rustfmt::skip]
pub static GRANTS: [Grant; 11] = [
    grant(SignIn,   Address, All(Quota::per_minute("sign_in", 20)),                                        16 * KB, 30),
    grant(SignUp,   Address, All(Quota::per_hour("sign_up", 20)),                                          16 * KB, 30),
    grant(Recovery, Address, All(Quota::per_hour("recovery", 10)),                                         16 * KB, 30),
    grant(Refresh,  Address, All(Quota::per_minute("refresh", 120)),                                       16 * KB, 30),
    grant(Search,   Caller,  All(Quota::per_minute("search", 120)),                                        64 * KB, 30),
    grant(Report,   Caller,  All(Quota::per_minute("reports", 30)),                                        64 * KB, 60),
    grant(Upload,   Caller,  Split { reads: READS, writes: Quota::per_minute("uploads", 30) },             10 * MB, 60),
    grant(Stream,   Caller,  All(Quota::per_minute("streams", 60)),                                        64 * KB, 30),
    grant(Provider, Address, Unlimited,                                                                     1 * MB, 30),
    grant(Sandbox,  Address, Unlimited,                                                                    10 * MB, 300),
    grant(Standard, Caller,  Split { reads: READS, writes: WRITES },                                        1 * MB, 30),
];

impl Class {
    pub fn grant(self) -> &'static Grant {
        &GRANTS[self as usize]
    }
}

impl Rate {
    /// The quota of one request.
    pub fn of(&self, method: &Method) -> Option<Quota> {
        match self {
            Self::Unlimited => None,
            Self::All(quota) => Some(*quota),
            Self::Split { reads, writes } => Some(if method.is_safe() { *reads } else { *writes }),
        }
    }
}

/// Every quota there is.
pub fn quotas() -> impl Iterator<Item = Quota> {
    GRANTS.iter().flat_map(|grant| [Method::GET, Method::POST].map(|method| grant.rate.of(&method))).flatten()
}

#[cfg(test)]
mod tests;
