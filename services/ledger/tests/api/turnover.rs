//! The figures of the dashboard.

use kernel::PaymentId;
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::stories::Story;

/// What the platform turned over between two instants, as billing asks for it.
async fn turnover(service: &TestService, from: &str, to: &str) -> Value {
    let token = service.keys.service_token("billing", "ledger");
    let path = format!("/internal/turnover?from={from}&to={to}");
    service.get(&path).bearer(&token).send().await.expect(200)["days"].clone()
}

#[tokio::test]
async fn a_days_figures_are_those_of_the_book_and_a_reversal_counts_against_them() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    story.received(payment, 10_710).applied(payment, 10_710).refunded(payment, 5_355, 10_710, "cancellation");
    for event in &story.events {
        service.deliver_envelope(event).await;
    }
    let days = turnover(&service, "1970-01-01T00:00:00Z", "2040-01-01T00:00:00Z").await;
    let sum = |days: &Value, figure: &str| -> i64 {
        days.as_array().unwrap().iter().map(|day| day.pointer(figure).unwrap().as_i64().unwrap()).sum()
    };
    let figures = |days: &Value| {
        ["/payments/count", "/payments/amount", "/refunds/amount", "/commission", "/tax", "/payouts/count"]
            .map(|figure| sum(days, figure))
    };
    assert_eq!(figures(&days), [1, 10_710, 5_355, 450, 85, 0]);
    assert!(days.as_array().unwrap().iter().all(|day| day["currency"] == "EUR"));

    // The first instant counts, the one that ends it does not.
    let received = days.as_array().unwrap().iter().find(|day| day["payments"]["count"] == 1).unwrap();
    let (date, midnight) = (received["date"].as_str().unwrap(), "T00:00:00Z");
    let of_the_day = turnover(&service, &format!("{date}{midnight}"), &format!("{date}T23:59:59Z")).await;
    assert_eq!(sum(&of_the_day, "/payments/count"), 1);
    let before = turnover(&service, "1970-01-01T00:00:00Z", &format!("{date}{midnight}")).await;
    assert_eq!(sum(&before, "/payments/count"), 0);

    let (one, other) = (CallerToken::default().admin(), CallerToken::default().admin());
    let (one, other) = (service.token(&one), service.token(&other));
    let path = format!("/api/admin/ledger/transfers?source={payment}");
    let transfers = service.get(&path).bearer(&one).send().await.expect(200);
    let transfers = transfers["data"].as_array().unwrap();
    let received = transfers.iter().find(|transfer| transfer["kind"] == "payment_received").unwrap();
    let path = "/api/admin/ledger/adjustments";
    let wish = json!({"reason": "Booked twice", "reverses": received["id"]});
    let proposal = service.post(path).bearer(&one).json(wish).send().await.expect(201);
    let approval = format!("{path}/{}/approve", proposal["id"].as_str().unwrap());
    service.post(&approval).bearer(&other).json(json!({})).send().await.expect(200);
    let days = turnover(&service, "1970-01-01T00:00:00Z", "2040-01-01T00:00:00Z").await;
    assert_eq!(figures(&days), [0, 0, 5_355, 450, 85, 0]);
}
