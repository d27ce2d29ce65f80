//! cala-ledger under the load of the ledger's benchmark: the same clients, accounts and transfers of two entries, each
//! client waiting for the durable answer to its request. Used as its documentation says: accounts in a journal, one
//! template, `post_transaction` for a single transfer and `post_transactions` for a batch.

#[path = "../../src/load.rs"]
mod load;

use std::time::Duration;

use anyhow::Context;
use cala_ledger::{
    AccountId, CalaLedger, CalaLedgerConfig, JournalId, TransactionId,
    account::NewAccount,
    job::{JobSvcConfig, Jobs},
    journal::NewJournal,
    posting::PostingInput,
    tx_template::{
        NewParamDefinition, NewTxTemplate, NewTxTemplateEntry, NewTxTemplateTransaction, ParamDataType, Params,
    },
};
use clap::{Args, Parser, Subcommand};
use rust_decimal::Decimal;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::load::{Counter, closed_loop};

#[derive(Parser)]
#[command(about = "cala-ledger under the load of the ledger's benchmark.")]
struct Cli {
    /// Not on the command line, where everybody could read its password.
    #[arg(long, env = "BENCH_CALA_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate an empty database and make the journal, its accounts and the template.
    Prepare {
        #[arg(long)]
        accounts: u64,
    },
    /// Post transfers, and print the rate of them and the 50th and 99th percentile of the requests in microseconds.
    Post(Load),
}

#[derive(Args, Debug, Clone, Copy)]
struct Load {
    #[arg(long)]
    clients: u32,
    #[arg(long)]
    accounts: u64,
    /// One of each transfer's two accounts is always the same.
    #[arg(long)]
    hot: bool,
    /// Transfers of a request.
    #[arg(long)]
    batch: u64,
    #[arg(long)]
    seconds: u64,
}

const TRANSFER: &str = "TRANSFER";

/// Connections open and caches fill before anything counts.
const WARM_UP: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Command::Prepare { accounts } => prepare(&cli.database_url, accounts).await,
        Command::Post(load) => post(&cli.database_url, load).await,
    }
}

/// What the ledger itself keeps connections for, such as listening to its outbox.
const OWN_CONNECTIONS: u32 = 8;

/// A connection for each client, as pgbench has. The ledger's background job sums sets of accounts up; there are none
/// here, so it is not run.
async fn open(database_url: &str, clients: u32, migrate: bool) -> anyhow::Result<CalaLedger> {
    let pool = PgPoolOptions::new().max_connections(clients + OWN_CONNECTIONS).connect(database_url).await?;
    let mut jobs = Jobs::init(JobSvcConfig::builder().pool(pool.clone()).build()?).await?;
    let config = CalaLedgerConfig::builder().pool(pool).exec_migrations(migrate).build()?;
    Ok(CalaLedger::init(config, &mut jobs).await?)
}

async fn prepare(database_url: &str, accounts: u64) -> anyhow::Result<()> {
    let cala = open(database_url, 4, true).await?;
    cala.journals().create(NewJournal::builder().id(journal()).name("Ledger").build()).await?;
    for number in 0..accounts {
        let code = format!("account:{number}");
        cala.accounts().create(NewAccount::builder().id(account(number)).name(code.clone()).code(code).build()).await?;
    }
    cala.tx_templates().create(transfer_template()?).await?;
    Ok(())
}

fn transfer_template() -> anyhow::Result<NewTxTemplate> {
    let param = |name: &str, kind| NewParamDefinition::builder().name(name).r#type(kind).build();
    let params = vec![
        param("sender", ParamDataType::Uuid)?,
        param("recipient", ParamDataType::Uuid)?,
        param("units", ParamDataType::Decimal)?,
    ];
    let entry = |kind: &str, account: &str, direction: &str| {
        NewTxTemplateEntry::builder()
            .entry_type(kind)
            .account_id(account)
            .layer("SETTLED")
            .direction(direction)
            .units("params.units")
            .currency("'EUR'")
            .build()
    };
    let entries =
        vec![entry("'TRANSFER_DR'", "params.sender", "DEBIT")?, entry("'TRANSFER_CR'", "params.recipient", "CREDIT")?];
    let transaction =
        NewTxTemplateTransaction::builder().effective("date()").journal_id(format!("uuid('{}')", journal())).build()?;
    let template = NewTxTemplate::builder().id(Uuid::from_u128(2)).code(TRANSFER).params(params);
    Ok(template.transaction(transaction).entries(entries).build())
}

async fn post(database_url: &str, load: Load) -> anyhow::Result<()> {
    let cala = open(database_url, load.clients, false).await?;
    let transfers = Counter::default();
    let request = move || {
        let (cala, transfers) = (cala.clone(), transfers.clone());
        async move { request(&cala, &transfers, load).await }
    };
    let clients = load.clients as usize;
    closed_loop(clients, WARM_UP, request.clone()).await?;
    let requests = closed_loop(clients, Duration::from_secs(load.seconds), request).await?;
    let micros = |time: Option<Duration>| time.map_or(0, |time| time.as_micros());
    println!("{} {} {}", requests.per_second * load.batch as f64, micros(requests.p50), micros(requests.p99));
    Ok(())
}

async fn request(cala: &CalaLedger, transfers: &Counter, load: Load) -> anyhow::Result<()> {
    if load.batch == 1 {
        cala.post_transaction(TransactionId::new(), TRANSFER, params(transfers, load)).await.context("one transfer")?;
        return Ok(());
    }
    let batch = (0..load.batch).map(|_| PostingInput::new(TransactionId::new(), TRANSFER, params(transfers, load)));
    cala.post_transactions(batch.collect()).await.context("a batch")?;
    Ok(())
}

/// Two different accounts, spread by a multiplicative hash of the transfer's number, as for our ledger.
fn params(transfers: &Counter, load: Load) -> Params {
    let random = transfers.next().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let from = if load.hot { 0 } else { (random >> 32) % load.accounts };
    let to = (from + 1 + (random >> 11) % (load.accounts - 1)) % load.accounts;
    let mut params = Params::new();
    params.insert("sender", account(from));
    params.insert("recipient", account(to));
    params.insert("units", Decimal::ONE);
    params
}

fn journal() -> JournalId {
    JournalId::from(Uuid::from_u128(1))
}

fn account(number: u64) -> AccountId {
    AccountId::from(Uuid::from_u128((1 << 64) + u128::from(number)))
}
