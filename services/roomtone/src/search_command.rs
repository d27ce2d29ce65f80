//! `roomtone search`: what studios are found by.

use clap::Subcommand;
use service_kit::Source;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum SearchCommand {
    /// Make everything that search looks at anew, beside running services. Every write does this for what it changes, so it
    /// is for after a repair of the database by hand.
    Reindex,
}

pub async fn run(command: SearchCommand, source: &Source) -> anyhow::Result<()> {
    let SearchCommand::Reindex = command;
    let studios = booking::refresh_search(&platform::database(source, "booking")?).await?;
    say(&format!("{studios} studios are indexed anew"));
    Ok(())
}
