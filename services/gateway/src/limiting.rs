//! Takes a token for a request and says so in the answer: `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers).

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use limits::{Decision, Limits, Quota};
use problem::Problem;
use service_kit::Source;

use crate::routes::classes;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits of the classes as they count in this process.
pub struct Limiter {
    limits: Limits,
    policies: Vec<Policy>,
}

struct Policy {
    quota: Quota,
    header: HeaderValue,
}

/// What a request has left, for the headers of its answer.
#[derive(Debug)]
pub struct Allowance {
    policy: HeaderValue,
    state: HeaderValue,
}

impl Limiter {
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        let limits = Limits::from_source(source)?;
        let policies = classes::quotas().map(|quota| Policy::new(limits.effective(quota))).collect::<Result<_, _>>()?;
        Ok(Self { limits, policies })
    }

    /// Takes a token of the quota; without one left the answer is a problem. The allowance is told either way.
    pub async fn take(&self, quota: Quota, client: &str, told: &mut Option<Allowance>) -> Result<(), Problem> {
        let Some(policy) = self.policies.iter().find(|policy| policy.quota.name == quota.name) else { return Ok(()) };
        let decision = self.limits.take(&policy.quota, client).await;
        *told = Some(Allowance { policy: policy.header.clone(), state: state(quota.name, &decision) });
        if decision.allowed {
            return Ok(());
        }
        metrics::counter!("gateway_limited_total", "quota" => quota.name).increment(1);
        Err(Limits::exceeded(&decision))
    }
}

impl Policy {
    /// `"login";q=20;w=60`: so many requests in so many seconds.
    fn new(quota: Quota) -> anyhow::Result<Self> {
        let text = format!("\"{}\";q={};w={}", quota.name, quota.requests, quota.window.as_secs());
        Ok(Self { quota, header: HeaderValue::from_str(&text)? })
    }
}

/// `"login";r=19;t=3`: so many left, all of them again in so many seconds.
fn state(name: &str, decision: &Decision) -> HeaderValue {
    let text = format!("\"{name}\";r={};t={}", decision.remaining, decision.reset_after_secs());
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

impl Allowance {
    pub fn tell(self, answer: &mut HeaderMap) {
        answer.insert(RATE_LIMIT_POLICY.clone(), self.policy);
        answer.insert(RATE_LIMIT.clone(), self.state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(rate_limits: &str) -> Limiter {
        let source = Source::from_pairs([("env", "development"), ("rate_limits", rate_limits)]).unwrap();
        Limiter::from_source(&source).unwrap()
    }

    #[actix_web::test]
    async fn an_answer_says_what_is_left_whether_it_was_given_or_not() {
        let (limiter, mut told) = (limiter("production"), None);
        let quota = Quota::per_minute("sign_in", 20);
        for left in (0..20).rev() {
            limiter.take(quota, "192.0.2.7", &mut told).await.unwrap();
            let mut answer = HeaderMap::new();
            told.take().unwrap().tell(&mut answer);
            assert_eq!(answer.get("ratelimit-policy").unwrap(), "\"sign_in\";q=20;w=60");
            let state = answer.get("ratelimit").unwrap().to_str().unwrap();
            assert!(state.starts_with(&format!("\"sign_in\";r={left};t=")), "{state}");
        }
        let refused = limiter.take(quota, "192.0.2.7", &mut told).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (429, "too_many_requests"));
        let mut answer = HeaderMap::new();
        told.unwrap().tell(&mut answer);
        assert!(answer.get("ratelimit").unwrap().to_str().unwrap().starts_with("\"sign_in\";r=0;t="));
        limiter.take(quota, "192.0.2.8", &mut None).await.unwrap();
    }

    #[actix_web::test]
    async fn development_is_not_limited() {
        let limiter = limiter("relaxed");
        for _ in 0..5000 {
            limiter.take(Quota::per_minute("sign_in", 20), "192.0.2.7", &mut None).await.unwrap();
        }
    }
}
