//! `roomtone tokens`: what companies' own provider accounts are used with.

use anyhow::Context as _;
use clap::Subcommand;
use service_kit::Source;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum TokensCommand {
    /// Seal every token with the current key, the first of ROOMTONE_PROVIDER_TOKEN_KEYS. When it has ended, the keys
    /// after it open nothing any more and may be removed.
    Rewrap,
}

pub async fn run(command: TokensCommand, source: &Source) -> anyhow::Result<()> {
    let TokensCommand::Rewrap = command;
    let vault = billing::token_vault(source)?.context("ROOMTONE_PROVIDER_TOKEN_KEYS is not set")?;
    let changed = billing::rewrap_tokens(&platform::database(source, "billing")?, &vault).await?;
    say(&format!("{changed} tokens have a new envelope"));
    Ok(())
}
