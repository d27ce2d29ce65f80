//! Payments that clients confirm on their own pages: what they are given, and that nobody keeps it.

use contracts::{
    auth::v1::CompanyDeleted,
    billing::v1::PaymentSucceeded,
    booking::v1::{BookingExpired, BookingPaymentOrphaned},
};
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use providers::{CaptureMode, ProviderError, SessionStatus};
use serde_json::{Value, json};
use testkit::{TestResponse, eventually};

use crate::support::{
    World, authorized, cancelled, cents, declined, payment_id, secret_of, session_body, succeeded, with,
};

impl World {
    async fn open_elements(&self, booking_id: &str, key: &str) -> TestResponse {
        let mut body = session_body(booking_id);
        body["ui"] = json!("elements");
        let request = self.as_customer(self.service.post("/api/payments/session"));
        request.idempotency_key(key).json(body).send().await
    }

    async fn elements(&self, booking_id: &str) -> Value {
        self.open_elements(booking_id, &kernel::new_uuid().to_string()).await.expect(201)
    }

    /// Nobody can confirm the payment any more.
    async fn intent_is_given_up(&self, payment: &Value) {
        let id = payment_id(payment);
        eventually("the intent is cancelled", async || {
            let status = self.provider.intent_of(id)?.state.status;
            (status == SessionStatus::Expired).then_some(())
        })
        .await;
    }

    /// Every row of every table, as text.
    async fn dump(&self) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let mut conn = self.service.db.conn().await.unwrap();
        let tables = "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public'";
        let tables: Vec<Line> = diesel::sql_query(tables).load(&mut *conn).await.unwrap();
        let mut rows = Vec::new();
        for Line { text: table } in tables {
            let dump = format!("SELECT (t.*)::text AS text FROM \"{table}\" t");
            let lines: Vec<Line> = diesel::sql_query(dump).load(&mut *conn).await.unwrap();
            rows.extend(lines.into_iter().map(|line| line.text));
        }
        rows
    }
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_secret_is_answered_and_stands_in_no_row_and_no_event() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_elements(&booking.booking_id, "one").await.expect(201);
    let secret = secret_of(payment_id(&payment));
    assert_eq!((&payment["client_secret"], &payment["checkout_url"]), (&json!(secret), &Value::Null));
    assert_eq!(payment["publishable_key"], "pk_test_fake");
    // The same key: the same payment, and the provider is asked for the secret again.
    let calls = world.provider.calls();
    let again = world.open_elements(&booking.booking_id, "one").await;
    assert_eq!(again.headers.get("idempotent-replayed").unwrap(), "true");
    assert_eq!(again.expect(201), payment);
    assert_eq!((world.provider.calls(), world.count("payments").await), (calls + 1, 1));
    // Nor is it anywhere else in the API.
    for answer in [world.payment(&payment).await, world.open_session(&world.hold().await.booking_id).await.expect(201)]
    {
        assert!(answer.get("client_secret").is_none() && answer.get("publishable_key").is_none(), "{answer}");
    }
    world.provider.confirm_silently(payment_id(&payment));
    world.webhook(succeeded(&payment)).await;
    let rows = world.dump().await;
    assert!(rows.iter().any(|row| row.contains(&booking.booking_id) || row.contains("pi_pay_")), "rows are seen");
    for part in [secret.as_str(), &hex_of(&secret)] {
        assert!(!rows.iter().any(|row| row.contains(part)), "the secret was kept");
    }
    // What is paid cannot be confirmed again.
    let after = world.open_elements(&booking.booking_id, "one").await.expect(201);
    assert_eq!(after["client_secret"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_completed_is_completed_under_the_same_key() {
    let world = World::start().await;
    let booking = world.hold().await;
    world.provider.lose_next_answer();
    world.open_elements(&booking.booking_id, "one").await.expect_problem(503, "unavailable");
    let payment = world.open_elements(&booking.booking_id, "one").await.expect(201);
    world.provider.refuse_next(ProviderError::Timeout);
    world.open_elements(&booking.booking_id, "one").await.expect_problem(503, "unavailable");
    assert_eq!(world.open_elements(&booking.booking_id, "one").await.expect(201), payment);
    assert_eq!((world.provider.sessions().len(), world.count("payments").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_leaves_the_same_intent_for_another_card() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.open_elements(&booking.booking_id, "one").await.expect(201);
    world.webhook(declined(&payment, "card_declined", 1)).await;
    let now = world.payment(&payment).await;
    assert_eq!((&now["status"], &now["failure_code"]), (&json!("pending"), &json!("card_declined")));
    let again = world.open_elements(&booking.booking_id, "one").await.expect(201);
    assert_eq!(again["client_secret"], payment["client_secret"]);
    world.webhook(succeeded(&payment)).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    assert_eq!(world.service.events::<PaymentSucceeded>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_paid_at_once_keep_one_payment() {
    let world = World::start().await;
    let booking = world.hold().await;
    let (first, second) = (world.elements(&booking.booking_id).await, world.elements(&booking.booking_id).await);
    assert_ne!(first["client_secret"], second["client_secret"]);
    world.intent_is_given_up(&first).await;
    // Confirmed in the moment in which it was given up.
    let (one, two) = (world.webhook_envelope(succeeded(&first)), world.webhook_envelope(succeeded(&second)));
    tokio::join!(world.service.deliver_envelope(&one), world.service.deliver_envelope(&two));
    let confirmed = with(&booking, "confirmed", |booking| booking.amount_paid = booking.total);
    let orphaned = BookingPaymentOrphaned {
        booking: Some(confirmed.clone()),
        payment_id: payment_id(&first).to_string(),
        amount: cents(&first),
        reason: "already_paid".to_owned(),
    };
    world.tell(&orphaned, &confirmed).await;
    world.payment_becomes(&first, "refunded").await;
    assert_eq!(world.payment(&second).await["status"], "succeeded");
    assert_eq!(world.provider.refunds(), [11_900]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_intent_of_what_nobody_should_pay_any_more_is_cancelled() {
    let world = World::start().await;
    let booking = world.hold().await;
    let payment = world.elements(&booking.booking_id).await;
    let expired = with(&booking, "expired", |_| {});
    world.tell(&BookingExpired { booking: Some(expired.clone()) }, &expired).await;
    world.intent_is_given_up(&payment).await;
    world.payment_becomes(&payment, "cancelled").await;

    let booking = world.hold().await;
    let payment = world.elements(&booking.booking_id).await;
    let cancellation = cancelled(&booking, 0);
    world.tell(&cancellation, cancellation.booking.as_ref().unwrap()).await;
    world.intent_is_given_up(&payment).await;

    let payment = world.elements(&world.hold().await.booking_id).await;
    let closed = CompanyDeleted { company_id: world.company.to_string(), ..CompanyDeleted::default() };
    world.service.deliver(world.company.uuid(), 2, &closed).await;
    world.intent_is_given_up(&payment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_and_a_request_that_died_are_found_by_the_sweeper() {
    let world = World::start().await;
    let payment = world.elements(&world.hold().await.booking_id).await;
    world.provider.confirm_silently(payment_id(&payment));
    world.service.advance_secs(1_200).await;
    world.payment_becomes(&payment, "succeeded").await;

    let booking = world.hold().await;
    world.provider.refuse_next(ProviderError::Timeout);
    world.open_elements(&booking.booking_id, "died").await.expect_problem(503, "unavailable");
    world.service.advance_secs(1_200).await;
    let opened = eventually("the intent is made", async || {
        world.provider.sessions().into_iter().find(|known| known.state.status == SessionStatus::Open)
    });
    let id = opened.await.request.payment_id;
    assert!(world.provider.intent_of(id).is_some(), "and no page of the provider's");
    let payment = world.open_elements(&booking.booking_id, "died").await.expect(201);
    assert_eq!((payment_id(&payment), &payment["client_secret"]), (id, &json!(secret_of(id))));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_held_by_elements_too() {
    let world = World::start().await;
    let booking = world.hold().await;
    let mut body = session_body(&booking.booking_id);
    (body["ui"], body["capture"], body["amount"]) = (json!("elements"), json!("manual"), json!(20_000));
    let request = world.as_customer(world.service.post("/api/payments/session")).idempotency_key("hold");
    let payment = request.json(body).send().await.expect(201);
    let id = payment_id(&payment);
    assert_eq!(payment["client_secret"], secret_of(id));
    assert_eq!(world.provider.intent_of(id).unwrap().request.capture, CaptureMode::Manual);
    world.webhook(authorized(&payment)).await;
    assert_eq!(world.payment(&payment).await["authorization"]["status"], "held");
}

#[tokio::test(flavor = "multi_thread")]
async fn elements_are_refused_where_they_are_not_offered() {
    let world = World::with_paypal().await;
    let booking = world.hold().await;
    let payable = session_body(&booking.booking_id)["payable"].clone();
    let method = kernel::PaymentMethodId::new();
    for (more, code) in [
        (json!({"provider": "paypal"}), "elements_not_offered"),
        (json!({"payment_method_id": method}), "validation_failed"),
        (json!({"ui": "iframe"}), "validation_failed"),
    ] {
        let mut body = json!({"payable": payable, "ui": "elements"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request = world.as_customer(world.service.post("/api/payments/session")).idempotency_key("bad");
        let refused = request.json(body).send().await.expect_problem(422, code);
        assert_eq!(refused["errors"][0]["pointer"], "/ui", "{refused}");
    }
    assert_eq!((world.count("payments").await, world.provider.calls()), (0, 0));
}
