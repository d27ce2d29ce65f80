//! The command line.

use clap::{Parser, Subcommand};
use service_kit::{Source, shutdown_signal};
use telemetry::LogFormat;

use crate::{
    admin_command, demo, doctor, events_command, keys_command, openapi, platform, search_command, tokens_command,
};

#[derive(Parser)]
#[command(name = "roomtone", version, about = "The backend a studio business runs on.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every service in this process (development: with the sandbox and demo data).
    Up {
        /// The gateway's port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Run one service in this process.
    Serve { service: String },
    /// Bring every database up to date.
    Migrate,
    /// Load the demo data into a running development platform.
    Seed,
    /// Who has a role on the platform.
    #[command(subcommand)]
    Admin(admin_command::AdminCommand),
    /// Events that wait or were parked.
    #[command(subcommand)]
    Events(events_command::EventsCommand),
    /// The keys that sign tokens.
    #[command(subcommand)]
    Keys(keys_command::KeysCommand),
    /// The tokens of companies' own provider accounts.
    #[command(subcommand)]
    Tokens(tokens_command::TokensCommand),
    /// The book of record.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// What studios are found by.
    #[command(subcommand)]
    Search(search_command::SearchCommand),
    /// Check the platform's invariants across all databases.
    Doctor,
    /// Write each service's OpenAPI document to a folder.
    Openapi {
        #[arg(long, default_value = "docs/openapi")]
        out: std::path::PathBuf,
    },
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Recompute every sum and balance, walk the hash chain, and name what does not agree.
    Verify,
}

/// Runs the command line to its end.
pub fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Command::Openapi { out } = &cli.command {
        return openapi::write(out);
    }
    let source = Source::from_env()?;
    let format = if source.environment().is_development() { LogFormat::Text } else { LogFormat::Json };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let telemetry = telemetry::init("roomtone", format)?;
        let outcome = execute(cli.command, source).await;
        tokio::task::spawn_blocking(move || telemetry.shutdown()).await?;
        outcome
    })
}

async fn execute(command: Command, source: Source) -> anyhow::Result<()> {
    match command {
        Command::Up { port } => up(source, port).await,
        Command::Serve { service } => serve(source, &service).await,
        Command::Migrate => service_kit::migrate(&platform::for_environment(&source), source).await,
        Command::Seed => demo::load(&source, &source.public_url()?).await,
        Command::Admin(command) => admin_command::run(command, &source).await,
        Command::Events(command) => events_command::run(command, &source).await,
        Command::Keys(command) => keys_command::run(command, &source).await,
        Command::Ledger(LedgerCommand::Verify) => verify_ledger(&source).await,
        Command::Tokens(command) => tokens_command::run(command, &source).await,
        Command::Search(command) => search_command::run(command, &source).await,
        Command::Doctor => {
            let mut findings = doctor::examine(&source).await?;
            findings.extend(doctor::retry_queues(&source).await?);
            doctor::report(findings)
        }
        Command::Openapi { out } => openapi::write(&out),
    }
}

async fn verify_ledger(source: &Source) -> anyhow::Result<()> {
    let findings = doctor::ledger(source).await?;
    let unsealed = ledger::seals::unsealed(&mut *platform::database(source, "ledger")?.conn().await?).await?;
    say(&format!("{unsealed} transfers are not sealed yet"));
    doctor::report(findings)
}

async fn up(source: Source, port: u16) -> anyhow::Result<()> {
    let public_url = format!("http://127.0.0.1:{port}");
    let mut source = source.with_default("public_url", &public_url)?;
    if source.environment().is_development() {
        source = source.with_default("gateway_bind", &format!("127.0.0.1:{port}"))?;
    }
    let running = platform::RunningPlatform::start(source.clone()).await?;
    if source.environment().is_development() {
        demo::load(&source, &running.url).await?;
        welcome(&source, &running.url)?;
    }
    shutdown_signal().await?;
    running.drain().await;
    Ok(())
}

/// Says where everything is; also in a file, for whoever asks later.
fn welcome(source: &Source, url: &str) -> anyhow::Result<()> {
    let text = demo::welcome(url);
    if let Some(folder) = source.get::<std::path::PathBuf>("state_dir")? {
        std::fs::write(folder.join("welcome.txt"), &text)?;
    }
    say(&text);
    Ok(())
}

async fn serve(source: Source, name: &str) -> anyhow::Result<()> {
    service_kit::serve(platform::service(name)?, source).await
}

/// What the person at the terminal asked for goes to standard output; logs have their own format.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
