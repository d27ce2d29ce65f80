//! `roomtone keys`: the keys that sign every token.

use auth::keys::{Sealer, rotate_keys};
use clap::Subcommand;
use kernel::clock::real_now;
use service_kit::Source;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Let the next key sign, retire the one that signed, and publish a new next one. Running services notice by
    /// themselves; no token becomes invalid.
    Rotate,
}

pub async fn run(command: KeysCommand, source: &Source) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate => {
            let sealer = Sealer::from_source(source)?;
            let rotated = rotate_keys(&platform::database(source, "auth")?, &sealer, real_now()).await?;
            say(&format!("{} signs from now on, {} is next", rotated.active, rotated.next));
            Ok(())
        }
    }
}
