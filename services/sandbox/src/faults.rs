//! Providers that go wrong on request: `POST /sandbox/faults`. Kept in memory; a restart forgets them.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    post,
    web::Data,
};
use problem::Problem;
use serde::Deserialize;
use service_kit::Json;

use crate::state::Sandbox;

/// Calls that are to go wrong, the first of them first.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `stripe`, `square` or `paypal`.
    pub provider: String,
    /// What the next calls are answered with: 408, 429 or 500 to 599.
    pub status: u16,
    /// How many calls: 1 to 1000.
    #[serde(default = "one")]
    pub count: u32,
    /// Only calls whose path contains this: `/refund`.
    #[serde(default)]
    pub path: String,
    /// The call is carried out, and only its answer is lost.
    #[serde(default)]
    pub after_the_work: bool,
    /// How long the answer takes, in real time: up to a minute.
    #[serde(default)]
    pub delay_ms: u32,
}

fn one() -> u32 {
    1
}

const MOST: u32 = 1_000;
const LONGEST_DELAY_MS: u32 = 60_000;

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
        if self.delay_ms > LONGEST_DELAY_MS {
            return Err(("/delay_ms", "expected at most 60000"));
        }
        Ok(())
    }
}

impl Faults {
    fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The fault that this call meets, counted.
    fn take(&self, provider: &str, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|fault| fault.provider == provider && path.contains(&fault.path))?;
        let fault = faults.get_mut(at)?;
        fault.count -= 1;
        let met = fault.clone();
        if met.count == 0 {
            faults.remove(at);
        }
        Some(met)
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
    app.faults.add(fault);
    Ok(HttpResponse::NoContent().finish())
}

/// In front of every provider's API.
pub async fn inject<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.path().to_owned();
    let provider = path.split('/').nth(1).unwrap_or_default();
    let fault = request.app_data::<Data<Sandbox>>().and_then(|app| app.faults.take(provider, &path));
    let Some(fault) = fault else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    tokio::time::sleep(Duration::from_millis(fault.delay_ms.into())).await;
    if !fault.after_the_work {
        return Ok(request.into_response(answer(&fault)));
    }
    let done = next.call(request).await?;
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
        Fault { provider: provider.into(), status: 500, count, path: path.into(), after_the_work: false, delay_ms: 0 }
    }

    #[test]
    fn faults_meet_the_calls_they_are_for_and_end() {
        let faults = Faults::default();
        faults.add(fault("square", "/refunds", 2));
        assert!(faults.take("paypal", "/paypal/refunds").is_none());
        assert!(faults.take("square", "/square/v2/payments").is_none());
        assert!(faults.take("square", "/square/v2/refunds").is_some());
        assert!(faults.take("square", "/square/v2/refunds").is_some());
        assert!(faults.take("square", "/square/v2/refunds").is_none());
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(fault("visa", "", 1).checked().unwrap_err().0, "/provider");
        assert_eq!(fault("square", "", 0).checked().unwrap_err().0, "/count");
        assert_eq!(Fault { status: 200, ..fault("square", "", 1) }.checked().unwrap_err().0, "/status");
    }
}
