//! Where a request comes from.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use problem::Problem;

/// The client's address as the gateway wrote it down; nothing where a service asks another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whence(pub Option<String>);

/// An address in text, with a zone.
const LONGEST: usize = 64;

impl FromRequest for Whence {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let first = header.and_then(|list| list.split(',').next()).map(str::trim);
        ready(Ok(Self(first.filter(|text| !text.is_empty() && text.len() <= LONGEST).map(str::to_owned))))
    }
}
