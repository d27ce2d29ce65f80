//! The ledger's posting loop against pgbench and against cala-ledger.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use kernel::{CompanyId, Currency, SharedClock, TransferId, clock::SystemClock};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use secrecy::ExposeSecret;
use service_kit::config::serving_url;
use store::Db;

use super::{p50, p99, rate, rates};
use crate::{
    contest::Spread,
    load::{Counter, Throughput, closed_loop},
    report::{Section, Table, at_least},
    run::Run,
    tools::{Cala, CalaLoad, Script, cala_version, pgbench},
};

/// What is measured: a load, and what it has to reach of pgbench's rate.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    name: &'static str,
    workers: usize,
    accounts: u64,
    hot: bool,
    /// Transfers of one request.
    batch: u64,
    aim: f64,
}

impl Scenario {
    fn for_cala(&self) -> CalaLoad {
        let Self { accounts, hot, batch, .. } = *self;
        CalaLoad { clients: self.workers, accounts, hot, batch }
    }
}

const SCENARIOS: [Scenario; 7] = [
    Scenario { name: "A: one client", workers: 1, accounts: 1_000, hot: false, batch: 1, aim: 0.6 },
    Scenario { name: "B: 20 clients, 50 accounts", workers: 20, accounts: 50, hot: false, batch: 1, aim: 2.0 },
    Scenario { name: "C: 20 clients, 10 accounts", workers: 20, accounts: 10, hot: false, batch: 1, aim: 2.0 },
    Scenario { name: "20 clients, 1,000 accounts", workers: 20, accounts: 1_000, hot: false, batch: 1, aim: 2.0 },
    Scenario { name: "D: 64 clients, one hot account", workers: 64, accounts: 1_000, hot: true, batch: 1, aim: 2.0 },
    Scenario { name: "E: batches of 100", workers: 4, accounts: 1_000, hot: false, batch: 100, aim: 2.0 },
    Scenario { name: "E: batches of 1,000", workers: 2, accounts: 1_000, hot: false, batch: 1_000, aim: 2.0 },
];

const COLUMNS: [&str; 13] = [
    "scenario",
    "pgbench",
    "ledger",
    "cala-ledger",
    "ledger / pgbench",
    "ledger / cala-ledger",
    "p50 ledger",
    "p50 cala-ledger",
    "p99 ledger",
    "p99 cala-ledger",
    "bytes a transfer",
    "aim beside pgbench",
    "aim beside cala-ledger",
];

/// Companies whose accounts the transfers are spread over.
const ACCOUNTS: u64 = 1000;

/// The default of a service's pool.
const POOL: usize = 16;

const DATABASE: &str = "bench_ledger";
const CALA_DATABASE: &str = "bench_cala";

const TEXT: &str = "Transfers of two entries through the ledger's posting loop, called as its commands call it, against \
pgbench with as many clients doing two balance updates and two entries in a transaction, on tables without the ledger's \
triggers and without its table of transfers. Every client waits for the durable answer to each of its requests. Money moves \
between random pairs of the accounts; with a *hot* account one of the two is always the same. Of batches the rate is that of \
the transfers in them, and pgbench's is that of single ones. Afterwards `ledger verify` finds nothing.

*cala-ledger* VERSION, an embeddable ledger on PostgreSQL from crates.io, takes its turns in the same rounds, in a program of \
its own on a database of the same server, with as many clients and a connection for each. It is used as its documentation \
says: a template of two entries, `post_transaction` for a transfer, `post_transactions` for a batch. Of its features only \
what every transfer has is on: the unique id, entries, balances with their history, event streams, and the outbox; ours \
counts pending money against floors and chains hashes besides.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let url = run.postgres.create(DATABASE).await?;
    store::migrate(&url, vec![events::MIGRATIONS, service_kit::MIGRATIONS, ledger::MIGRATIONS]).await?;
    let setup = include_str!("../../sql/ledger_setup.sql").replace("ACCOUNTS", &ACCOUNTS.to_string());
    run.postgres.execute(DATABASE, &setup).await?;
    let serving = serving_url(&url.clone().into(), "ledger_service")?;
    store::ensure_login(&url, serving.expose_secret()).await?;
    let db = Db::new(serving.expose_secret(), POOL)?;
    let bank = Bank::open(&db).await?;
    let cala = Cala::prepare(run, run.postgres.create(CALA_DATABASE).await?, ACCOUNTS).await?;
    let mut table = Table::new(&COLUMNS);
    for scenario in SCENARIOS {
        let before = Size::of(run).await?;
        let results = compare(run, &bank, &cala, scenario).await?;
        let bytes = Size::of(run).await?.bytes_since(&before);
        let ratio = Spread::of_ratios(&rates(&results[0]), &rates(&results[1]));
        let over_cala = Spread::of(rates(&results[1]).iter().zip(rates(&results[2])).map(|(ours, cala)| ours / cala));
        table.rows.push(vec![
            scenario.name.to_owned(),
            format!("{}/s", rate(&results[0])),
            format!("{}/s", rate(&results[1])),
            format!("{}/s", rate(&results[2])),
            ratio.to_string(),
            over_cala.to_string(),
            p50(&results[1]),
            p50(&results[2]),
            p99(&results[1]),
            p99(&results[2]),
            bytes,
            at_least(scenario.aim, ratio.median),
            at_least(1.0, over_cala.median),
        ]);
    }
    let findings = ledger::verify(&db).await?;
    ensure!(findings.is_empty(), "the ledger does not agree after the benchmark: {:?}", findings.first());
    drop(bank);
    db.close();
    run.postgres.drop(DATABASE).await?;
    run.postgres.drop(CALA_DATABASE).await?;
    Ok(Section { title: "Ledger", text: TEXT.replace("VERSION", cala_version()), table })
}

async fn compare(run: &Run, bank: &Bank, cala: &Cala, scenario: Scenario) -> anyhow::Result<Vec<Vec<Throughput>>> {
    let variables = [("accounts", scenario.accounts as i64), ("hot", i64::from(scenario.hot))];
    let script = Script { name: "ledger", sql: include_str!("../../sql/ledger.sql"), variables: &variables };
    let contest = run.pace.contest(&["pgbench", "ledger", "cala-ledger"], async |contender, time: Duration| {
        match contender {
            0 => return pgbench(run, DATABASE, &script, scenario.workers, time).await,
            2 => return cala.post(scenario.for_cala(), time).await,
            _ => {}
        }
        let bank = bank.clone();
        let requests = closed_loop(scenario.workers, time, move || {
            let bank = bank.clone();
            async move { bank.post(scenario).await }
        });
        let requests = requests.await?;
        Ok(Throughput { per_second: requests.per_second * scenario.batch as f64, ..requests })
    });
    contest.await
}

/// What the book takes on disk, indexes included.
struct Size {
    bytes: f64,
    transfers: f64,
}

impl Size {
    async fn of(run: &Run) -> anyhow::Result<Self> {
        let bytes = "SELECT (pg_total_relation_size('transfers') + pg_total_relation_size('entries'))::text AS value";
        let transfers = "SELECT count(*)::text AS value FROM transfers";
        Ok(Self {
            bytes: run.postgres.ask(DATABASE, bytes).await?.parse()?,
            transfers: run.postgres.ask(DATABASE, transfers).await?.parse()?,
        })
    }

    fn bytes_since(&self, before: &Self) -> String {
        format!("{:.0}", (self.bytes - before.bytes) / (self.transfers - before.transfers))
    }
}

/// The ledger with its accounts.
#[derive(Clone)]
struct Bank {
    poster: Poster,
    clock: SharedClock,
    accounts: Arc<[AccountKey]>,
    transfers: Counter,
}

impl Bank {
    /// Opens every account by a first transfer.
    async fn open(db: &Db) -> anyhow::Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock::default());
        let accounts = (0..ACCOUNTS).map(|_| AccountCode::CompanyPending(CompanyId::new()).in_currency(Currency::EUR));
        let bank = Self {
            poster: Poster::start(db.clone(), Books::new(clock.clone())),
            clock,
            accounts: accounts.collect(),
            transfers: Counter::default(),
        };
        for pair in bank.accounts.chunks(2) {
            bank.poster.post(bank.draft(&pair[0], &pair[1])?).await?;
        }
        Ok(bank)
    }

    async fn post(&self, scenario: Scenario) -> anyhow::Result<()> {
        if scenario.batch == 1 {
            let [from, to] = self.pair(scenario);
            self.poster.post(self.draft(from, to)?).await?;
            return Ok(());
        }
        let drafts = (0..scenario.batch).map(|_| {
            let [from, to] = self.pair(scenario);
            self.draft(from, to)
        });
        self.poster.post_all(drafts.collect::<anyhow::Result<_>>()?).await?;
        Ok(())
    }

    /// Two different accounts, spread by a multiplicative hash of the transfer's number.
    fn pair(&self, scenario: Scenario) -> [&AccountKey; 2] {
        let random = self.transfers.next().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let from = if scenario.hot { 0 } else { (random >> 32) % scenario.accounts };
        let to = (from + 1 + (random >> 11) % (scenario.accounts - 1)) % scenario.accounts;
        [from, to].map(|index| &self.accounts[index as usize])
    }

    fn draft(&self, from: &AccountKey, to: &AccountKey) -> anyhow::Result<TransferDraft> {
        let legs = vec![Leg::debit(from.clone(), 100), Leg::credit(to.clone(), 100)];
        Ok(TransferDraft::new(TransferId::new(), TransferKind::Adjustment, "bench", self.clock.now(), legs)?)
    }
}
