//! The benchmarks: what the platform does in a second, beside a baseline that is measured in the same run on the same
//! machine, in turns. `just bench` starts the servers they need and writes `docs/benchmarks.md`.

mod contest;
mod facts;
mod load;
mod measures;
mod platform;
mod report;
mod run;
mod servers;
mod tools;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::{Parser, ValueEnum};
use telemetry::LogFormat;

use crate::{contest::Pace, report::Report, run::Run};

#[derive(Parser)]
#[command(name = "bench", about = "Measures the platform; see docs/benchmarks.md.")]
struct Cli {
    /// What to measure; everything unless named.
    #[arg(value_enum)]
    what: Vec<What>,
    /// Seconds of every single measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often each contender is measured, every time between two measurements of its baseline.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// The file whose sections are replaced by what was measured. A debug build writes none unless it is named.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A `roomtone` that is built already, instead of one from these sources.
    #[arg(long)]
    roomtone: Option<PathBuf>,
    /// A `bench-cala` (see bench/cala) that is built already.
    #[arg(long)]
    cala: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    All,
    Gateway,
    Login,
    Logout,
    Booking,
    Search,
    Times,
    Ledger,
    Balances,
    Events,
    Webhooks,
    Payments,
    Reconciliation,
    Memory,
}

const EVERYTHING: [What; 13] = [
    What::Gateway,
    What::Login,
    What::Logout,
    What::Booking,
    What::Search,
    What::Times,
    What::Ledger,
    What::Balances,
    What::Events,
    What::Webhooks,
    What::Payments,
    What::Reconciliation,
    What::Memory,
];

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    // The library calls that are measured trace and log as they do in a service.
    let _telemetry = telemetry::init("bench", LogFormat::Text)?;
    let run = Run::prepare(Pace::new(cli.seconds, cli.rounds), cli.roomtone.clone(), cli.cala.clone())?;
    // Whatever was started ends with the measurement that started it, also when that is interrupted here.
    tokio::select! {
        outcome = measure_all(cli, &run) => outcome,
        signal = service_kit::shutdown_signal() => {
            signal?;
            bail!("interrupted")
        }
    }
}

async fn measure_all(cli: &Cli, run: &Run) -> anyhow::Result<()> {
    let mut report = Report::new(facts::gather(run).await?, out(cli));
    let mut failed = Vec::new();
    for what in chosen(&cli.what) {
        eprintln!("measuring: {what:?}");
        match measure(what, run).await {
            Ok(section) => report.add(section)?,
            Err(error) => {
                eprintln!("{what:?} was not measured: {error:#}");
                failed.push(format!("{what:?}"));
            }
        }
    }
    report.print();
    if failed.is_empty() { Ok(()) } else { bail!("not measured: {}", failed.join(", ")) }
}

async fn measure(what: What, run: &Run) -> anyhow::Result<report::Section> {
    match what {
        What::Gateway => measures::gateway::measure(run).await,
        What::Login => measures::login::measure(run).await,
        What::Logout => measures::logout::measure(run).await,
        What::Booking => measures::booking::measure(run).await,
        What::Search => measures::search::measure(run).await,
        What::Times => measures::times::measure(run).await,
        What::Ledger => measures::ledger::measure(run).await,
        What::Balances => measures::balances::measure(run).await,
        What::Events => measures::events::measure(run).await,
        What::Webhooks => measures::webhooks::measure(run).await,
        What::Payments => measures::payments::measure(run).await,
        What::Reconciliation => measures::reconciliation::measure(run).await,
        What::Memory => measures::memory::measure(run).await,
        What::All => bail!("it stands for the others"),
    }
}

fn chosen(named: &[What]) -> Vec<What> {
    if named.is_empty() || named.contains(&What::All) {
        return EVERYTHING.to_vec();
    }
    EVERYTHING.into_iter().filter(|what| named.contains(what)).collect()
}

/// Figures of a debug build say nothing and are not kept by accident.
fn out(cli: &Cli) -> Option<PathBuf> {
    let usual = (!cfg!(debug_assertions)).then(|| PathBuf::from("docs/benchmarks.md"));
    cli.out.clone().or(usual)
}
