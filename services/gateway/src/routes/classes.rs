//! On which terms a kind of route is served: how often, how much, how long. One line for each class; the table of routes names them.
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
    /// Whoever is signed in has a mail sent to an address of their choice.
    Mail,
    /// For whoever has a link and no account.
    Link,
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

/// On which terms a class is served.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub per: Per,
    pub rate: Rate,
    /// The largest request body, in bytes.
    pub body: u64,
    /// How long a service may take to begin its answer.
    pub time: Duration,
}

use Class::{
    Link, Mail, Provider, Recovery, Refresh, Report, Sandbox, Search, SignIn, SignUp, Standard, Stream, Upload,
};
use Per::{Address, Caller};
use Rate::{All, Split, Unlimited};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

const READS: Quota = Quota::per_minute("reads", 600);
const WRITES: Quota = Quota::per_minute("writes", 120);

/// Authentication of one address that this gateway has not seen to be good: each may be a guess, and costs auth a question.
pub const NEW_CREDENTIALS: Quota = Quota::per_minute("new_credentials", 600);

const fn terms(per: Per, rate: Rate, body: u64, secs: u64) -> Terms {
    Terms { per, rate, body, time: Duration::from_secs(secs) }
}

impl Class {
    pub const ALL: [Self; 13] =
        [SignIn, SignUp, Recovery, Refresh, Search, Report, Upload, Mail, Link, Stream, Provider, Sandbox, Standard];

    /// With the values of production.
    #[rustfmt::skip]
    pub const fn terms(self) -> Terms {
        match self {
            SignIn =>   terms(Address, All(Quota::per_minute("sign_in", 20)),                            16 * KB, 30),
            SignUp =>   terms(Address, All(Quota::per_hour("sign_up", 20)),                              16 * KB, 30),
            Recovery => terms(Address, All(Quota::per_hour("recovery", 10)),                             16 * KB, 30),
            Refresh =>  terms(Address, All(Quota::per_minute("refresh", 120)),                           16 * KB, 30),
            Search =>   terms(Caller,  All(Quota::per_minute("search", 120)),                            64 * KB, 30),
            Report =>   terms(Caller,  All(Quota::per_minute("reports", 30)),                            64 * KB, 60),
            Upload =>   terms(Caller,  Split { reads: READS, writes: Quota::per_minute("uploads", 30) }, 10 * MB, 60),
            Mail =>     terms(Caller,  Split { reads: READS, writes: Quota::per_hour("mails", 20) },     16 * KB, 30),
            Link =>     terms(Address, All(Quota::per_minute("links", 60)),                              16 * KB, 30),
            Stream =>   terms(Caller,  All(Quota::per_minute("streams", 60)),                            64 * KB, 30),
            Provider => terms(Address, Unlimited,                                                         MB    , 30),
            Sandbox =>  terms(Address, Unlimited,                                                        10 * MB, 300),
            Standard => terms(Caller,  Split { reads: READS, writes: WRITES },                            MB    , 30),
        }
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
    let methods = [Method::GET, Method::POST];
    let of_classes =
        Class::ALL.into_iter().flat_map(move |class| methods.clone().map(|method| class.terms().rate.of(&method)));
    of_classes.flatten().chain([NEW_CREDENTIALS])
}

#[cfg(test)]
mod tests;
