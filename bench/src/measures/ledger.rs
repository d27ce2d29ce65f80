//! The ledger's posting loop against pgbench.

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

use super::{p99, rate, rates};
use crate::{
    contest::Spread,
    load::{Counter, Throughput, closed_loop},
    report::{Section, Table, at_least},
    run::Run,
    tools::{Script, pgbench},
};

const AIM: f64 = 0.6;
const WORKERS: [usize; 2] = [1, 20];

/// Companies whose accounts the transfers are spread over.
const ACCOUNTS: u64 = 1000;

/// The default of a service's pool.
const POOL: usize = 16;

const DATABASE: &str = "bench_ledger";

const TEXT: &str = "Transfers of two entries through the ledger's posting loop, called as its commands call it, against \
pgbench with as many clients doing two balance updates and two entries in a transaction, on tables without the ledger's \
triggers and without its table of transfers. *Spread* moves money between random pairs of 1,000 accounts; *hot* is what \
every payment does: both entries are on the same two accounts. Afterwards `ledger verify` finds nothing.";

/// Which accounts a transfer touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accounts {
    Spread,
    Hot,
}

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let url = run.postgres.create(DATABASE).await?;
    store::migrate(&url, vec![events::MIGRATIONS, service_kit::MIGRATIONS, ledger::MIGRATIONS]).await?;
    let setup = include_str!("../../sql/ledger_setup.sql").replace("ACCOUNTS", &ACCOUNTS.to_string());
    run.postgres.execute(DATABASE, &setup).await?;
    let serving = serving_url(&url.clone().into(), "ledger_service")?;
    store::ensure_login(&url, serving.expose_secret()).await?;
    let db = Db::new(serving.expose_secret(), POOL)?;
    let bank = Bank::open(&db).await?;
    let mut table = Table::new(&["accounts", "workers", "pgbench", "ledger", "ledger / pgbench", "p99 ledger", "aim"]);
    for (accounts, workers) in
        [(Accounts::Spread, WORKERS[0]), (Accounts::Spread, WORKERS[1]), (Accounts::Hot, WORKERS[1])]
    {
        let results = compare(run, &bank, accounts, workers).await?;
        let ratio = Spread::of_ratios(&rates(&results[0]), &rates(&results[1]));
        table.rows.push(vec![
            format!("{accounts:?}").to_lowercase(),
            workers.to_string(),
            format!("{}/s", rate(&results[0])),
            format!("{}/s", rate(&results[1])),
            ratio.to_string(),
            p99(&results[1]),
            at_least(AIM, ratio.median),
        ]);
    }
    let findings = ledger::verify(&db).await?;
    ensure!(findings.is_empty(), "the ledger does not agree after the benchmark: {:?}", findings.first());
    drop(bank);
    db.close();
    run.postgres.drop(DATABASE).await?;
    Ok(Section { title: "Ledger", text: TEXT.to_owned(), table })
}

async fn compare(run: &Run, bank: &Bank, accounts: Accounts, workers: usize) -> anyhow::Result<Vec<Vec<Throughput>>> {
    let script = match accounts {
        Accounts::Spread => include_str!("../../sql/ledger_spread.sql"),
        Accounts::Hot => include_str!("../../sql/ledger_hot.sql"),
    };
    let script = Script { name: "ledger", sql: script, variables: &[("accounts", ACCOUNTS as i64)] };
    let contest = run.pace.contest(&["pgbench", "ledger"], async |contender, time: Duration| {
        if contender == 0 {
            return pgbench(run, DATABASE, &script, workers, time).await;
        }
        let bank = bank.clone();
        closed_loop(workers, time, move || {
            let bank = bank.clone();
            async move { bank.transfer(accounts).await }
        })
        .await
    });
    contest.await
}

/// The ledger with its accounts.
#[derive(Clone)]
struct Bank {
    poster: Poster,
    clock: SharedClock,
    spread: Arc<[AccountKey]>,
    hot: [AccountKey; 2],
    transfers: Counter,
}

impl Bank {
    /// Opens every account by a first transfer.
    async fn open(db: &Db) -> anyhow::Result<Self> {
        let clock: SharedClock = Arc::new(SystemClock::default());
        let spread = (0..ACCOUNTS).map(|_| AccountCode::CompanyPending(CompanyId::new()).in_currency(Currency::EUR));
        let bank = Self {
            poster: Poster::start(db.clone(), Books::new(clock.clone())),
            clock,
            spread: spread.collect(),
            hot: [AccountCode::Provider("stripe".parse()?), AccountCode::Unallocated]
                .map(|code| code.in_currency(Currency::EUR)),
            transfers: Counter::default(),
        };
        for pair in bank.spread.chunks(2).chain([&bank.hot[..]]) {
            bank.post(&pair[0], &pair[1]).await?;
        }
        Ok(bank)
    }

    async fn transfer(&self, accounts: Accounts) -> anyhow::Result<()> {
        let [from, to] = match accounts {
            Accounts::Spread => self.pair(),
            Accounts::Hot => [&self.hot[0], &self.hot[1]],
        };
        self.post(from, to).await
    }

    /// Two different accounts, spread by a multiplicative hash of the transfer's number.
    fn pair(&self) -> [&AccountKey; 2] {
        let random = self.transfers.next().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let from = (random >> 32) % ACCOUNTS;
        let to = (from + 1 + (random >> 11) % (ACCOUNTS - 1)) % ACCOUNTS;
        [from, to].map(|index| &self.spread[index as usize])
    }

    async fn post(&self, from: &AccountKey, to: &AccountKey) -> anyhow::Result<()> {
        let legs = vec![Leg::debit(from.clone(), 100), Leg::credit(to.clone(), 100)];
        let (id, now) = (TransferId::new(), self.clock.now());
        self.poster.post(TransferDraft::new(id, TransferKind::Adjustment, "bench", now, legs)?).await?;
        Ok(())
    }
}
