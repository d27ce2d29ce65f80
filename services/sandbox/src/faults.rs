//! Providers that go wrong on request: `POST /sandbox/faults`. Kept in memory; a restart forgets them.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    get,
    http::{StatusCode, header},
    middleware::Next,
    post,
    web::Data,
};
use jiff::{SignedDuration, Timestamp};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::Json;

use crate::state::Sandbox;

/// Calls that are to go wrong, and those that wait for an answer because of that.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The first of them first.
    planned: Vec<Planned>,
    /// The paths of calls that are being delayed.
    waiting: Vec<String>,
}

#[derive(Debug)]
struct Planned {
    fault: Fault,
    /// By the Clock; by its count where there is none.
    until: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `stripe`, `square` or `paypal`.
    pub provider: String,
    /// What the next calls are answered with: 408, 429 or 500 to 599.
    pub status: u16,
    /// How many calls: 1 to 1000.
    #[serde(default = "one")]
    pub count: u32,
    /// For so long by the sandbox clock, and as many calls as come: up to a day. By `count` when 0.
    #[serde(default)]
    pub for_secs: u32,
    /// Only calls whose path contains this: `/refund`.
    #[serde(default)]
    pub path: String,
    /// The call is carried out, and only its answer is lost.
    #[serde(default)]
    pub after_the_work: bool,
    /// How long the answer takes, in real time: up to a minute. What is carried out is so before.
    #[serde(default)]
    pub delay_ms: u32,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FaultsResponse {
    /// With the calls that are left of each.
    pub planned: Vec<Fault>,
    /// The paths of calls that are being delayed now.
    pub waiting: Vec<String>,
}

fn one() -> u32 {
    1
}

const MOST: u32 = 1_000;
const LONGEST_DELAY_MS: u32 = 60_000;
const LONGEST_SECS: u32 = 24 * 3_600;

impl Fault {
    fn checked(&self) -> Result<(), (&'static str, &'static str)> {
        let is_status = matches!(self.status, 408 | 429 | 500..=599);
        if !["stripe", "square", "paypal"].contains(&self.provider.as_str()) {
            return Err(("/provider", "expected stripe, square or paypal"));
        }
        if !is_status {
            return Err(("/status", "expected 408, 429 or 500 to 599"));
        }
        if !(1..=MOST).contains(&self.count) {
            return Err(("/count", "expected 1 to 1000"));
        }
        if self.for_secs > LONGEST_SECS {
            return Err(("/for_secs", "expected at most 86400"));
        }
        if self.delay_ms > LONGEST_DELAY_MS {
            return Err(("/delay_ms", "expected at most 60000"));
        }
        Ok(())
    }
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, fault: Fault, now: Timestamp) {
        let until = (fault.for_secs > 0).then(|| now + SignedDuration::from_secs(fault.for_secs.into()));
        self.lock().planned.push(Planned { fault, until });
    }

    /// The fault that this call meets, counted.
    fn take(&self, provider: &str, path: &str, now: Timestamp) -> Option<Fault> {
        let mut state = self.lock();
        let planned = &mut state.planned;
        planned.retain(|planned| planned.until.is_none_or(|until| now < until));
        let meets = |fault: &Fault| fault.provider == provider && path.contains(&fault.path);
        let at = planned.iter().position(|planned| meets(&planned.fault))?;
        let Planned { fault, until } = planned.get_mut(at)?;
        let met = fault.clone();
        if until.is_none() {
            fault.count -= 1;
            if fault.count == 0 {
                planned.remove(at);
            }
        }
        Some(met)
    }

    /// Holds an answer back; whoever asks [`list_faults`] sees that.
    async fn delay(&self, path: String, fault: &Fault) {
        if fault.delay_ms == 0 {
            return;
        }
        let _seen = Waiting::new(self, path);
        tokio::time::sleep(Duration::from_millis(fault.delay_ms.into())).await;
    }
}

/// A call that waits for its answer, until its caller has it or has gone.
struct Waiting<'f>(&'f Faults, String);

impl<'f> Waiting<'f> {
    fn new(faults: &'f Faults, path: String) -> Self {
        faults.lock().waiting.push(path.clone());
        Self(faults, path)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if let Some(at) = state.waiting.iter().position(|path| *path == self.1) {
            state.waiting.remove(at);
        }
    }
}

/// Lets the next calls of a provider's API fail, after or without having been carried out.
#[utoipa::path(tag = "sandbox", request_body = Fault, responses((status = 204)))]
#[post("/sandbox/faults")]
pub async fn add_fault(app: Data<Sandbox>, body: Json<Fault>) -> Result<HttpResponse, Problem> {
    let fault = body.into_inner();
    fault.checked().map_err(|(pointer, detail)| {
        Problem::invalid("validation_failed", "The request has invalid values.").at(pointer, detail)
    })?;
    app.faults.add(fault, app.clock.now());
    Ok(HttpResponse::NoContent().finish())
}

/// What is still to go wrong, and which calls wait because of it.
#[utoipa::path(tag = "sandbox", responses((status = 200, body = FaultsResponse)))]
#[get("/sandbox/faults")]
pub async fn list_faults(app: Data<Sandbox>) -> HttpResponse {
    let state = app.faults.lock();
    let planned = state.planned.iter().map(|planned| planned.fault.clone()).collect();
    HttpResponse::Ok().json(FaultsResponse { planned, waiting: state.waiting.clone() })
}

/// In front of every provider's API.
pub async fn inject<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.path().to_owned();
    let provider = path.split('/').nth(1).unwrap_or_default();
    let Some(app) = request.app_data::<Data<Sandbox>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(fault) = app.faults.take(provider, &path, app.clock.now()) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if !fault.after_the_work {
        app.faults.delay(path, &fault).await;
        return Ok(request.into_response(answer(&fault)));
    }
    let done = next.call(request).await?;
    app.faults.delay(path, &fault).await;
    Ok(ServiceResponse::new(done.into_parts().0, answer(&fault)))
}

fn answer(fault: &Fault) -> HttpResponse {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match fault.provider.as_str() {
        "stripe" if fault.status == 429 => {
            r#"{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Too many requests."}}"#
        }
        "stripe" => r#"{"error":{"type":"api_error","message":"Something went wrong on our end."}}"#,
        "square" if fault.status == 429 => {
            r#"{"errors":[{"category":"RATE_LIMIT_ERROR","code":"RATE_LIMITED","detail":"Too many requests."}]}"#
        }
        "square" => {
            r#"{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR","detail":"Something went wrong."}]}"#
        }
        _ if fault.status == 429 => r#"{"name":"RATE_LIMIT_REACHED","message":"Too many requests.","details":[]}"#,
        _ => r#"{"name":"INTERNAL_SERVER_ERROR","message":"Something went wrong.","details":[]}"#,
    };
    HttpResponse::build(status).insert_header((header::RETRY_AFTER, "1")).content_type("application/json").body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(provider: &str, path: &str, count: u32) -> Fault {
        let (provider, path) = (provider.to_owned(), path.to_owned());
        Fault { provider, status: 500, count, for_secs: 0, path, after_the_work: false, delay_ms: 0 }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn faults_meet_the_calls_they_are_for_and_end() {
        let faults = Faults::default();
        faults.add(fault("square", "/refunds", 2), at(0));
        assert!(faults.take("paypal", "/paypal/refunds", at(0)).is_none());
        assert!(faults.take("square", "/square/v2/payments", at(0)).is_none());
        assert!(faults.take("square", "/square/v2/refunds", at(0)).is_some());
        assert!(faults.take("square", "/square/v2/refunds", at(0)).is_some());
        assert!(faults.take("square", "/square/v2/refunds", at(0)).is_none());
    }

    #[test]
    fn an_outage_meets_every_call_until_it_is_over() {
        let faults = Faults::default();
        faults.add(Fault { for_secs: 600, ..fault("stripe", "", 1) }, at(0));
        for second in [0, 1, 599] {
            assert!(faults.take("stripe", "/stripe/v1/refunds", at(second)).is_some(), "{second}");
        }
        assert!(faults.take("stripe", "/stripe/v1/refunds", at(600)).is_none());
        assert!(faults.lock().planned.is_empty());
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(fault("visa", "", 1).checked().unwrap_err().0, "/provider");
        assert_eq!(fault("square", "", 0).checked().unwrap_err().0, "/count");
        assert_eq!(Fault { status: 200, ..fault("square", "", 1) }.checked().unwrap_err().0, "/status");
        assert_eq!(Fault { for_secs: 86_401, ..fault("square", "", 1) }.checked().unwrap_err().0, "/for_secs");
    }
}
