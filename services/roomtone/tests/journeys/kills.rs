//! `kill -9` of billing at every step between an intent and its result: before the provider does the work, after it has done
//! it and before billing hears, and after billing has heard and before that is written down. Whatever it remembers, there is
//! one session, one refund, one payout afterwards, at the provider and in the book.

use std::time::Duration;

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use testkit::{TestResponse, budget, eventually, eventually_within};

use crate::{
    payouts::{account_is, earned, euros, onboard, paid_at, payout_in, settle},
    support::{Layout, Scene, TestPlatform},
};

/// Longer than anybody waits for a service that comes back.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of what the company has earned, in each payout, and what PayPal takes for one.
const PAYOUT: i64 = 700;
const PAYPAL_FEE: i64 = 14;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Session,
    Refund,
    /// Of a payout: to the company's account.
    Transfer,
    /// Of a payout: from there to its bank.
    Payout,
    /// Of a payout: straight to the company's account at PayPal.
    Batch,
}

impl Work {
    fn path(self) -> &'static str {
        match self {
            Self::Session => "/checkout/sessions",
            Self::Refund => "/refunds",
            Self::Transfer => "/transfers",
            Self::Payout | Self::Batch => "/payouts",
        }
    }

    fn provider(self) -> &'static str {
        if self == Self::Batch { "paypal" } else { "stripe" }
    }
}

/// Before what billing dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Work,
    Answer,
    Record,
}

fn cases() -> Vec<(Work, Cut)> {
    let works = [Work::Session, Work::Refund, Work::Transfer, Work::Payout, Work::Batch];
    let cuts = [Cut::Work, Cut::Answer, Cut::Record];
    let all: Vec<_> = works.into_iter().flat_map(|work| cuts.map(|cut| (work, cut))).collect();
    let few = vec![(Work::Session, Cut::Answer), (Work::Refund, Cut::Record), (Work::Payout, Cut::Answer)];
    if budget(few.len(), all.len()) == all.len() { all } else { few }
}

/// Whoever writes down what the provider has answered waits while the test holds this lock.
const RECORDS: [(&str, &str); 4] = [
    ("payment_sessions", "provider_session_id"),
    ("refunds", "provider_refund_id"),
    ("payouts", "transfer_id"),
    ("payouts", "provider_payout_id"),
];

struct Stage {
    platform: TestPlatform,
    scene: Scene,
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_every_step_between_intent_and_result_does_everything_once() {
    let platform = TestPlatform::start(Layout::SeparateProcesses).await;
    let scene = earned(&platform, &["stripe", "paypal"]).await;
    onboard(&platform, &scene).await;
    let mut stage = Stage { platform, scene };
    stage.prepare().await;
    // Payments, refunds and transfers that both sides have to have.
    let (mut moved, mut batches) = (0, 0);
    for (day, (work, cut)) in (0..).zip(cases()) {
        println!("{work:?} {cut:?}");
        moved += match work {
            Work::Session => stage.open_session(cut, day).await,
            Work::Refund => stage.refund(cut, day).await,
            Work::Transfer | Work::Payout => stage.pay_out(work, cut).await,
            Work::Batch => {
                stage.pay_batch(cut).await;
                batches += 1;
                0
            }
        };
    }
    let Stage { platform, scene } = &mut stage;
    // What the process that died was about to tell is told when its lease of the outbox has ended.
    platform.assert_healthy().await;
    scene.stripe_agrees(platform, moved).await;
    if batches > 0 {
        // What left PayPal, and its fees.
        account_is(platform, scene, "expense:provider_fees", batches * PAYPAL_FEE).await;
        scene.provider_agrees(platform, "paypal", 2 * batches).await;
    }
    scene.assert_books_balance(platform).await;
    platform.assert_healthy().await;
}

impl Stage {
    async fn execute(&self, statement: &str) {
        let db = self.platform.db("billing");
        diesel::sql_query(statement).execute(&mut *db.conn().await.unwrap()).await.unwrap();
    }

    async fn prepare(&self) {
        self.execute(
            "CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_advisory_xact_lock(721); RETURN NEW; END $$",
        )
        .await;
        for (table, column) in RECORDS {
            let news = format!("OLD.{column} IS NULL AND NEW.{column} IS NOT NULL");
            let trigger = format!("CREATE TRIGGER wait_{column} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({news})");
            self.execute(&format!("{trigger} EXECUTE FUNCTION wait_for_the_test()")).await;
        }
    }

    async fn open_session(&self, cut: Cut, day: i64) -> i64 {
        let Self { platform, scene } = self;
        let booking = scene.book(platform, day).await;
        let key = kernel::new_uuid().to_string();
        let body = json!({"payable": {"type": "booking", "id": booking.id}});
        let ask = async || -> Option<TestResponse> {
            let request = scene.customer.post(platform, "/api/payments/session").idempotency_key(&key);
            request.json(body.clone()).try_send().await.ok()
        };
        // Whoever asks hears nothing now, or that it went wrong, and asks again under the same key.
        self.kill_within(Work::Session, cut, ask()).await;
        let payment = eventually_within(PATIENCE, "a page to pay on", || async {
            ask().await.filter(|answer| answer.status == 201).map(|answer| answer.json())
        })
        .await;
        let sessions = self.at_stripe("/checkout/sessions?limit=100").await;
        let ours = sessions.iter().filter(|session| session["client_reference_id"] == payment["id"]).count();
        let mine = scene.customer.get(platform, "/api/payments?limit=100").send().await.expect(200);
        let mine = mine["data"].as_array().unwrap().clone();
        let recorded = mine.iter().filter(|payment| payment["payable"]["id"] == json!(booking.id)).count();
        assert_eq!((ours, recorded), (1, 1), "{cut:?}");
        assert_eq!(platform.pay_with(&payment, "4242424242424242").await.expect(200)["outcome"], "succeeded");
        scene.booking_in(platform, &booking, "confirmed").await;
        1
    }

    async fn refund(&self, cut: Cut, day: i64) -> i64 {
        let Self { platform, scene } = self;
        let booking = scene.book(platform, day).await;
        let payment = scene.pay(platform, &booking).await;
        let path = format!("/api/bookings/{}/cancel", booking.id);
        let cancel = async { scene.customer.post(platform, &path).json(json!({})).send().await.expect(200) };
        self.kill_within(Work::Refund, cut, cancel).await;
        let refunded = scene.payment_in(platform, &payment, "refunded").await;
        let intent = refunded["provider_payment_id"].as_str().unwrap();
        assert_eq!(self.at_stripe(&format!("/refunds?payment_intent={intent}")).await.len(), 1, "{cut:?}");
        2
    }

    async fn pay_out(&self, work: Work, cut: Cut) -> i64 {
        let Self { platform, scene } = self;
        let body = euros(scene, PAYOUT);
        let mut made = Value::Null;
        let ask = async { made = scene.owner.post_once(platform, "/api/payouts", body).await.expect(201) };
        self.kill_within(work, cut, ask).await;
        payout_in(platform, scene, &made, "sent").await;
        settle(platform, &made, "paid").await;
        payout_in(platform, scene, &made, "paid").await;
        let group = format!("/transfers?transfer_group={}", made["id"].as_str().unwrap());
        assert_eq!(self.at_stripe(&group).await.len(), 1, "{work:?} {cut:?}");
        let path = format!("/api/payments/stripe/balance?company_id={}", scene.company_id);
        let left = scene.owner.get(platform, &path).send().await.expect(200);
        assert_eq!(left["available"][0]["amount"], 0, "{work:?} {cut:?}: it went to the bank, once");
        1
    }

    /// How many were sent PayPal's statement says in the end.
    async fn pay_batch(&self, cut: Cut) {
        let Self { platform, scene } = self;
        paid_at(platform, scene, "studio").await;
        let mut made = Value::Null;
        let body = euros(scene, PAYOUT);
        let ask = async { made = scene.owner.post_once(platform, "/api/payouts", body).await.expect(201) };
        self.kill_within(Work::Batch, cut, ask).await;
        payout_in(platform, scene, &made, "sent").await;
        settle(platform, &made, "paid").await;
        payout_in(platform, scene, &made, "paid").await;
    }

    /// Kills billing when it is in the middle of what `ask` begins, and starts it again.
    async fn kill_within<A: Future>(&self, work: Work, cut: Cut, ask: A) {
        let db = self.platform.db("billing");
        let mut holder = db.conn().await.unwrap();
        let before = self.waiting(work).await;
        if cut == Cut::Record {
            diesel::sql_query("SELECT pg_advisory_lock(721)").execute(&mut *holder).await.unwrap();
        } else {
            let after_the_work = cut == Cut::Answer;
            let fault = json!({
                "provider": work.provider(), "status": 504, "path": work.path(), "after_the_work": after_the_work,
                "delay_ms": 60_000,
            });
            assert_eq!(self.platform.post("/sandbox/faults").json(fault).send().await.status.as_u16(), 204);
        }
        let kill = async {
            eventually(&format!("{work:?} is under way"), || async {
                let is_there = match cut {
                    Cut::Record => self.waits_for_the_test().await,
                    _ => self.waiting(work).await > before,
                };
                is_there.then_some(())
            })
            .await;
            let processes = self.platform.processes();
            processes.crash("billing");
            if cut == Cut::Record {
                diesel::sql_query("SELECT pg_advisory_unlock(721)").execute(&mut *holder).await.unwrap();
            }
            processes.spawn("billing");
            processes.wait_until_healthy().await;
            // Who starts anew has the machine's time until the sandbox tells it another one.
            eventually("it follows the clock", || async {
                let forward = self.platform.post("/sandbox/clock").json(json!({"advance_seconds": 1}));
                (forward.send().await.status == 200).then_some(())
            })
            .await;
            self.end_leases().await;
        };
        tokio::join!(ask, kill);
    }

    /// Calls whose answer the sandbox holds back.
    async fn waiting(&self, work: Work) -> usize {
        let faults = self.platform.get("/sandbox/faults").send().await.expect(200);
        let paths = faults["waiting"].as_array().unwrap().clone();
        paths.iter().filter(|path| path.as_str().unwrap().contains(work.path())).count()
    }

    async fn waits_for_the_test(&self) -> bool {
        #[derive(QueryableByName)]
        struct Waiting {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let db = self.platform.db("billing");
        let query = "SELECT count(*) AS count FROM pg_locks WHERE locktype = 'advisory' AND objid = 721 AND NOT granted \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let found: Waiting = diesel::sql_query(query).get_result(&mut *db.conn().await.unwrap()).await.unwrap();
        found.count > 0
    }

    /// What the process that died had taken up is free at once, and not after a minute.
    async fn end_leases(&self) {
        self.execute("UPDATE refunds SET retry_at = NULL").await;
        self.execute("UPDATE payouts SET retry_at = NULL").await;
        self.execute("UPDATE idempotency_keys SET locked_until = now() WHERE status IS NULL").await;
    }

    async fn at_stripe(&self, path: &str) -> Vec<Value> {
        let list = self.platform.get(&format!("/stripe/v1{path}")).bearer("sk_test_1").send().await.expect(200);
        list["data"].as_array().unwrap().clone()
    }
}
