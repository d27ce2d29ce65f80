//! What a paid booking leaves in the books, for every refund, before or after its payout, and every dispute. The entries
//! stand in `matrix.md`; `UPDATE_BASELINE=1` writes them anew.

use std::fmt::Write;

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use kernel::{CompanyId, PaymentId, PayoutId};
use serde_json::json;
use testkit::TestService;

use crate::{
    disputes::{Dispute, hear},
    stories::{Story, assert_sound, balances, posted},
    support::number,
};

const FILE: &str = "tests/api/matrix.md";

const PAID: i64 = 10_710;
/// What the provider charges for a dispute.
const FEE: i64 = 1_500;
/// What the platform keeps of a payment that settles with the company.
const APPLICATION_FEE: i64 = 1_071;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charge {
    /// Separate charges and transfers: the platform takes the payment, and pays the company out of its balance.
    Platform,
    /// The payment settles with the company by way of the platform's balance (Stripe).
    Destination,
    /// It is made on the company's own account (Square).
    OwnAccount,
}

impl Charge {
    fn provider(self) -> &'static str {
        if self == Self::OwnAccount { "square" } else { "stripe" }
    }

    fn story(self) -> Story {
        match self {
            Self::Platform => Story::new(),
            Self::Destination | Self::OwnAccount => Story::settled_with_company(self.provider()),
        }
    }

    fn clearing(self) -> String {
        format!("assets:provider:{}", self.provider())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payout {
    /// Refund and dispute come while the company's share is still there.
    Last,
    /// They come when it has left.
    First,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    charge: Charge,
    refund: i64,
    payout: Payout,
    dispute: Option<&'static str>,
}

/// What settles with the company is not paid out.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for charge in [Charge::Platform, Charge::Destination, Charge::OwnAccount] {
        let payouts = if charge == Charge::Platform { &[Payout::Last, Payout::First][..] } else { &[Payout::Last] };
        for refund in [0, 3_570, PAID] {
            for payout in payouts {
                for dispute in [None, Some("won"), Some("lost")] {
                    cases.push(Case { charge, refund, payout: *payout, dispute });
                }
            }
        }
    }
    cases
}

impl Case {
    fn name(self) -> String {
        let refund = match self.refund {
            0 => "no refund",
            PAID => "refunded",
            _ => "refunded in part",
        };
        let charge = match (self.charge, self.payout) {
            (Charge::Platform, Payout::First) => "after the payout",
            (Charge::Platform, Payout::Last) => "before the payout",
            (Charge::Destination, _) => "a charge with a destination",
            (Charge::OwnAccount, _) => "a charge on the company's account",
        };
        let dispute = self.dispute.map_or("no dispute".to_owned(), |outcome| format!("dispute {outcome}"));
        format!("{refund}, {dispute}, {charge}")
    }

    /// What the provider has in the end, by its own reckoning.
    fn at_the_provider(self, paid_out: i64) -> i64 {
        let lost = if self.dispute == Some("lost") { self.disputed() } else { 0 };
        let fee = if self.dispute.is_some() { FEE } else { 0 };
        let kept = APPLICATION_FEE - APPLICATION_FEE * self.refund / PAID;
        match self.charge {
            Charge::Platform => PAID - self.refund - lost - fee - paid_out,
            // The customer's bank takes the disputed money from the platform all the same.
            Charge::Destination => kept - lost - fee,
            Charge::OwnAccount => kept,
        }
    }

    /// A bank may take back what has been given back already; that is the platform's loss.
    fn disputed(self) -> i64 {
        if self.refund == PAID { PAID } else { PAID - self.refund }
    }
}

/// What a case has left: the numbers of its transfers, and whose booking it was.
struct Told {
    case: Case,
    company_id: CompanyId,
    after: i64,
    through: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refund_dispute_and_payout_posts_the_entries_that_are_written_down() {
    let service = TestService::start(ledger::service()).await;
    let mut told = Vec::new();
    for case in cases() {
        let clearing = case.charge.clearing();
        let (provider, after) = (posted(&service, &clearing).await, newest(&service).await);
        let (company_id, paid_out) = tell(&service, case).await;
        let moved = posted(&service, &clearing).await - provider;
        assert_eq!(moved, case.at_the_provider(paid_out), "the clearing account, {}", case.name());
        told.push(Told { case, company_id, after, through: newest(&service).await });
    }
    // A company that owes something is told so by a job.
    service.advance_secs(3_600).await;
    let mut text = "# What a booking of 107.10 EUR leaves in the books\n\nPositive is a debit.\n".to_owned();
    for told in told {
        write!(text, "\n## {}\n\n", told.case.name()).unwrap();
        for line in entries(&service, &told).await {
            writeln!(text, "* {line}").unwrap();
        }
    }
    assert_sound(&service).await;
    compare(&text);
}

async fn newest(service: &TestService) -> i64 {
    number(&service.db, "SELECT coalesce(max(seq), 0) AS n FROM transfers").await
}

/// Tells one case; the company, and what it was paid out.
async fn tell(service: &TestService, case: Case) -> (CompanyId, i64) {
    let (mut story, payment) = (case.charge.story(), PaymentId::new());
    story.received(payment, PAID).applied(payment, PAID).completed();
    hear(service, &mut story).await;
    let mut paid_out = 0;
    if case.payout == Payout::First {
        paid_out = pay_out(service, story.company_id).await;
    }
    if case.refund > 0 {
        story.refunded(payment, case.refund, PAID, "requested");
    }
    if let Some(outcome) = case.dispute {
        let dispute = Dispute::of(payment, PAID).over(case.disputed());
        dispute.tell(&mut story, "needs_response", Some(FEE));
        dispute.tell(&mut story, outcome, Some(FEE));
    }
    hear(service, &mut story).await;
    if case.payout == Payout::Last {
        paid_out = pay_out(service, story.company_id).await;
    }
    (story.company_id, paid_out)
}

/// Everything that is payable, as billing does it.
async fn pay_out(service: &TestService, company_id: CompanyId) -> i64 {
    let payable = balances(service, company_id).await["balances"][0]["payable"].as_i64().unwrap_or(0);
    if payable <= 0 {
        return 0;
    }
    let id = PayoutId::new();
    let call = async |path: &str, body: serde_json::Value| {
        let token = service.keys.service_token("billing", "ledger");
        service.post(path).bearer(&token).json(body).send().await.expect(204);
    };
    let amount = json!({"amount": payable, "currency": "EUR"});
    let payout = json!({"id": id, "company_id": company_id, "provider": "stripe", "amount": amount});
    call("/internal/payouts", payout).await;
    call(&format!("/internal/payouts/{id}/capture"), json!({})).await;
    payable
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// One line for each kind of transfer, in alphabetical order: when a debt is raised is up to its job.
async fn entries(service: &TestService, told: &Told) -> Vec<String> {
    let query = "SELECT t.kind, replace(a.code, $1, '<id>') AS code, sum(e.amount)::bigint AS amount FROM transfers t \
                 JOIN entries e ON e.transfer_id = t.id JOIN accounts a ON a.id = e.account_id \
                 WHERE CASE WHEN t.kind LIKE 'receivable%' THEN strpos(a.code, $1) > 0 \
                            ELSE t.seq > $2 AND t.seq <= $3 END \
                 GROUP BY t.kind, a.code ORDER BY t.kind, sum(e.amount) DESC, a.code";
    let query = diesel::sql_query(query).bind::<Text, _>(told.company_id.to_string());
    let query = query.bind::<BigInt, _>(told.after).bind::<BigInt, _>(told.through);
    let entries: Vec<Entry> = query.load(&mut *service.db.conn().await.unwrap()).await.unwrap();
    let mut lines: Vec<(String, String)> = Vec::new();
    for Entry { kind, code, amount } in entries {
        let sign = if amount < 0 { "−" } else { "" };
        let entry = format!("{code} {sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100);
        match lines.last_mut() {
            Some((last, line)) if *last == kind => write!(line, ", {entry}").unwrap(),
            _ => lines.push((kind.clone(), format!("{kind}: {entry}"))),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

fn compare(text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var("UPDATE_BASELINE").is_ok() {
        return std::fs::write(file, text).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(text, written, "the entries are not those of {FILE}");
}
