//! The business that is recorded, and platforms that have not heard of it yet.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web::to};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use futures_util::{StreamExt, stream};
use rand::{RngExt, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};

use super::{
    SWEEPERS_TURN_SECS,
    delivery::{Delivery, Seal, Signer},
    outcome::{Outcome, settle},
};
use crate::{
    providers::session_at,
    support::{
        Layout, Scene, Snapshot, TestPlatform,
        studio::{self, TOTAL},
    },
};

pub const PROVIDERS: [&str; 3] = ["stripe", "square", "paypal"];

const GOOD: &str = "4242424242424242";
const NO_FUNDS: &str = "4000000000009995";
const ASKS_THE_BANK: &str = "4000002500003155";
const DISPUTED: &str = "4000000000000259";

/// What a customer, the customer's bank and somebody at the provider's dashboard do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    Paid,
    DeclinedThenPaid,
    PaidPastTheBank,
    RefundedInPart,
    Refunded,
    DisputeWon,
    DisputeLost,
    NeverPaid,
}

pub const STORIES: [Story; 8] = [
    Story::Paid,
    Story::DeclinedThenPaid,
    Story::PaidPastTheBank,
    Story::RefundedInPart,
    Story::Refunded,
    Story::DisputeWon,
    Story::DisputeLost,
    Story::NeverPaid,
];

/// An event as its provider wrote it.
#[derive(Debug, QueryableByName)]
pub struct Event {
    #[diesel(sql_type = Text)]
    pub provider: String,
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub event_type: String,
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// Everything has happened at the providers; the platform has booked and opened pages, and heard nothing since.
pub struct Recording {
    pub events: Vec<Event>,
    snapshot: Snapshot,
    signer: Signer,
    /// Payments that nobody has paid, one for each provider.
    unpaid: Vec<(&'static str, String)>,
}

/// Longer than a room can be booked ahead.
const BOOKINGS_OF_A_ROOM: usize = 300;

impl Recording {
    pub async fn make(payments: usize) -> Self {
        let nowhere = nowhere();
        let targets = PROVIDERS.map(|provider| format!("sandbox_{provider}_webhook_url"));
        let settings = targets.each_ref().map(|name| (name.as_str(), nowhere.as_str()));
        let platform = TestPlatform::start_with(Layout::OneProcessOnMemory, &settings).await;
        let mut scene = Scene::set(&platform).await;
        let mut unpaid = Vec::new();
        let stories = STORIES.into_iter().flat_map(|story| PROVIDERS.map(|provider| (story, provider))).cycle();
        for (number, (story, provider)) in stories.take(payments).enumerate() {
            if number % BOOKINGS_OF_A_ROOM == 0 {
                scene.room_id = room_with_patience(&platform, &scene).await;
            }
            let booking = scene.book(&platform, (number % BOOKINGS_OF_A_ROOM) as i64).await;
            let payment = session_at(&platform, &scene, &booking, provider).await;
            let payment_id = payment["id"].as_str().unwrap().to_owned();
            play_out(&platform, provider, story, &payment_id).await;
            if story == Story::NeverPaid {
                unpaid.push((provider, payment_id));
            }
        }
        let signer = Signer::of(&platform).await;
        let written = "SELECT provider, id, event_type, body FROM provider_events ORDER BY seq";
        let events = diesel::sql_query(written).load(&mut *platform.db("sandbox").conn().await.unwrap()).await.unwrap();
        platform.assert_healthy().await;
        Self { events, snapshot: platform.into_snapshot().await, signer, unpaid }
    }

    /// Tells a platform of its own all this, lets the sweepers have their turn, and answers how everything stands: as
    /// expected, where something is.
    pub async fn play(&self, deliveries: Vec<Delivery<'_>>, at_once: usize, expected: Option<&Outcome>) -> Outcome {
        let platform = self.snapshot.resume().await;
        stream::iter(&deliveries).for_each_concurrent(at_once, |delivery| delivery.make(&platform, &self.signer)).await;
        settle(&platform).await;
        platform.advance_secs(SWEEPERS_TURN_SECS).await;
        let outcome = settle(&platform).await;
        if let Some(expected) = expected {
            assert_eq!(&outcome, expected);
        }
        let mut genuine: Vec<_> = deliveries.iter().filter_map(Delivery::genuine_id).collect();
        genuine.sort_unstable();
        genuine.dedup();
        assert_eq!(received(&platform).await, genuine, "nothing is kept but what was signed");
        platform.stop().await;
        outcome
    }

    /// What arrives of the events, and how many do not. What a refund or a dispute ended with is never lost: nothing
    /// but its event tells of one that was not ours.
    pub fn lose_a_tenth(&self, dice: &mut StdRng) -> (usize, Vec<&Event>) {
        let (mut may_be_lost, mut told): (Vec<_>, Vec<_>) = self.events.iter().partition(|event| !ends_a_story(event));
        may_be_lost.shuffle(dice);
        let lost = self.events.len() / 10;
        told.extend(&may_be_lost[lost..]);
        (lost, told)
    }

    /// Events that say that somebody has paid who has not.
    pub fn forge(&self, count: usize, dice: &mut StdRng) -> Vec<Delivery<'_>> {
        let succeeded = ["payment_intent.succeeded", "payment.updated", "PAYMENT.CAPTURE.COMPLETED"];
        let models: Vec<_> =
            self.events.iter().filter(|event| succeeded.contains(&event.event_type.as_str())).collect();
        let seals = [Seal::Forged, Seal::Expired, Seal::OldSecret];
        (0..count)
            .map(|number| {
                let model = models[dice.random_range(0..models.len())];
                let (_, unpaid) = self.unpaid.iter().find(|(provider, _)| *provider == model.provider).unwrap();
                Delivery::forged(model, unpaid, seals[number % seals.len()])
            })
            .collect()
    }
}

fn ends_a_story(event: &Event) -> bool {
    let last_words = [
        "refund.updated",
        "PAYMENT.CAPTURE.REFUNDED",
        "charge.dispute.closed",
        "dispute.state.updated",
        "CUSTOMER.DISPUTE.RESOLVED",
    ];
    last_words.contains(&event.event_type.as_str())
}

/// Where the providers' own deliveries go: the platform shall hear of nothing before its time.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = || App::new().default_service(to(HttpResponse::Ok));
    tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
    url
}

/// A room whose holds last for as long as the soak.
async fn room_with_patience(platform: &TestPlatform, scene: &Scene) -> String {
    let mut room = studio::room(&scene.studio_id, "instant");
    room["hold_minutes"] = json!(7 * 24 * 60);
    room["name"] = json!(format!("Room {}", kernel::new_uuid()));
    let room = scene.owner.post(platform, "/api/rooms").json(room).send().await.expect(201);
    let room_id = room["id"].as_str().unwrap().to_owned();
    let path = format!("/api/rooms/{room_id}/prices");
    scene.owner.post(platform, &path).json(studio::prices()).send().await.expect(200);
    room_id
}

/// The story at the provider.
async fn play_out(platform: &TestPlatform, provider: &str, story: Story, payment_id: &str) {
    let card = match story {
        Story::NeverPaid => return,
        Story::PaidPastTheBank => ASKS_THE_BANK,
        Story::DisputeWon | Story::DisputeLost => DISPUTED,
        _ => GOOD,
    };
    if story == Story::DeclinedThenPaid {
        type_card(platform, provider, payment_id, NO_FUNDS).await;
    }
    type_card(platform, provider, payment_id, card).await;
    match story {
        Story::RefundedInPart => refund(platform, provider, payment_id, 1_000).await,
        Story::Refunded => refund(platform, provider, payment_id, TOTAL).await,
        Story::DisputeWon => decide(platform, payment_id, "won").await,
        Story::DisputeLost => decide(platform, payment_id, "lost").await,
        _ => {}
    }
}

/// PayPal's orders are captured as well, as if the platform had and had lost every answer.
async fn type_card(platform: &TestPlatform, provider: &str, payment_id: &str, card: &str) {
    let outcome = platform.complete(payment_id, json!({"card": card})).await.expect(200);
    if outcome["outcome"] == "requires_action" {
        let path = format!("/sandbox/checkout/{payment_id}/authenticate");
        platform.post(&path).json(json!({"approve": true})).send().await.expect(200);
    }
    if provider == "paypal" {
        let order =
            provider_id(platform, "SELECT id AS text FROM sessions WHERE client_reference_id", payment_id).await;
        let path = format!("/paypal/v2/checkout/orders/{order}/capture");
        let status = at_the_provider(platform, &path, "A21AArecording", &json!({})).await;
        assert_eq!(status, if card == NO_FUNDS { 422 } else { 201 });
    }
}

/// In the provider's dashboard.
async fn refund(platform: &TestPlatform, provider: &str, payment_id: &str, amount: i64) {
    let charges = "SELECT c.id AS text FROM charges c JOIN intents i ON i.id = c.intent_id \
                   JOIN sessions s ON s.id = i.session_id WHERE c.status = 'succeeded' AND s.client_reference_id";
    let charge = provider_id(platform, charges, payment_id).await;
    let money = json!({"amount": amount, "currency": "EUR"});
    let status = match provider {
        "stripe" => return refund_at_stripe(platform, &charge, amount).await,
        "square" => {
            let body = json!({"idempotency_key": payment_id, "payment_id": charge, "amount_money": money});
            at_the_provider(platform, "/square/v2/refunds", "EAAArecording", &body).await
        }
        _ => {
            let value = format!("{}.{:02}", amount / 100, amount % 100);
            let path = format!("/paypal/v2/payments/captures/{charge}/refund");
            let body = json!({"amount": {"currency_code": "EUR", "value": value}});
            at_the_provider(platform, &path, "A21AArecording", &body).await
        }
    };
    assert!((200..300).contains(&status), "{provider} answered {status}");
}

async fn refund_at_stripe(platform: &TestPlatform, charge: &str, amount: i64) {
    let url = format!("{}/stripe/v1/refunds", sandbox(platform));
    let form = [("charge", charge.to_owned()), ("amount", amount.to_string())];
    let answer = platform.client.post(url).bearer_auth("sk_test_recording").form(&form).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn decide(platform: &TestPlatform, payment_id: &str, outcome: &str) {
    let path = format!("/sandbox/disputes/{payment_id}/decide");
    let decided = platform.post(&path).json(json!({"outcome": outcome})).send().await;
    assert_eq!(decided.status.as_u16(), 204);
}

async fn at_the_provider(platform: &TestPlatform, path: &str, token: &str, body: &Value) -> u16 {
    let request = platform.client.post(format!("{}{path}", sandbox(platform))).bearer_auth(token).json(body);
    request.send().await.unwrap().status().as_u16()
}

fn sandbox(platform: &TestPlatform) -> String {
    platform.source.get("sandbox_url").unwrap().unwrap()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn provider_id(platform: &TestPlatform, of: &str, payment_id: &str) -> String {
    let query = diesel::sql_query(format!("{of} = $1")).bind::<Text, _>(payment_id);
    let line: Line = query.get_result(&mut *platform.db("sandbox").conn().await.unwrap()).await.unwrap();
    line.text
}

/// The providers' ids of everything that the webhook service keeps.
async fn received(platform: &TestPlatform) -> Vec<String> {
    let ids = r#"SELECT provider_event_id AS text FROM provider_events ORDER BY provider_event_id COLLATE "C""#;
    let lines: Vec<Line> =
        diesel::sql_query(ids).load(&mut *platform.db("webhook").conn().await.unwrap()).await.unwrap();
    lines.into_iter().map(|line| line.text).collect()
}
