//! A meter between billing and the provider: it passes every call on and remembers how long the provider took.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web::{self, Bytes, Data},
};
use anyhow::Context;
use reqwest::{Client, Method};

/// Ends with the program: nobody calls it after billing has ended.
#[derive(Debug, Clone)]
pub struct Meter {
    pub url: String,
    provider: String,
    client: Client,
    taken: Arc<Mutex<HashMap<String, Duration>>>,
}

impl Meter {
    pub fn start(provider: &str, client: &Client) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let meter = Self { url, provider: provider.to_owned(), client: client.clone(), taken: Arc::default() };
        let state = Data::new(meter.clone());
        let app = move || App::new().app_data(state.clone()).default_service(web::to(pass_on));
        tokio::spawn(HttpServer::new(app).listen(listener)?.workers(1).disable_signals().run());
        Ok(meter)
    }

    /// How long the provider was busy with a payment.
    pub fn taken(&self, payment_id: &str) -> anyhow::Result<Duration> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(payment_id).copied().with_context(|| format!("the provider was not asked for {payment_id}"))
    }

    async fn call(&self, request: &HttpRequest, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        let method = Method::from_bytes(request.method().as_str().as_bytes())?;
        let mut call = self.client.request(method, format!("{}{}", self.provider, request.uri()));
        for name in ["authorization", "content-type", "idempotency-key", "stripe-version", "stripe-account"] {
            if let Some(value) = request.headers().get(name) {
                call = call.header(name, value.as_bytes());
            }
        }
        let began = Instant::now();
        let answer = call.body(body.clone()).send().await?;
        let status = StatusCode::from_u16(answer.status().as_u16())?;
        let answer = answer.bytes().await?;
        if let Some(payment_id) = payment_in(&body) {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            *taken.entry(payment_id).or_default() += began.elapsed();
        }
        Ok((status, answer))
    }
}

async fn pass_on(meter: Data<Meter>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match meter.call(&request, body).await {
        Ok((status, body)) => {
            HttpResponse::build(status).insert_header((header::CONTENT_TYPE, "application/json")).body(body)
        }
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

/// The payment that a form opens a session for.
fn payment_in(form: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(form).ok()?;
    form.split('&').find_map(|pair| pair.strip_prefix("client_reference_id=")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_found_in_the_form_that_opens_it() {
        let form = b"mode=payment&client_reference_id=pay_1&line_items%5B0%5D%5Bquantity%5D=1";
        assert_eq!(payment_in(form).as_deref(), Some("pay_1"));
        assert_eq!(payment_in(b"amount=1"), None);
    }

    #[actix_web::test]
    async fn what_the_provider_answers_arrives_and_its_time_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = format!("http://{}", listener.local_addr().unwrap());
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            HttpResponse::Created().body("{}")
        };
        let app = move || App::new().default_service(web::to(slow));
        tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
        let client = Client::builder().no_proxy().build().unwrap();
        let meter = Meter::start(&provider, &client).unwrap();
        let call = client.post(format!("{}/v1/x", meter.url)).body("client_reference_id=pay_1");
        assert_eq!(call.send().await.unwrap().status(), 201);
        assert!(meter.taken("pay_1").unwrap() >= Duration::from_millis(30));
        assert!(meter.taken("pay_2").is_err());
    }
}
