//! `roomtone keys`: the keys that sign every token.

use auth::keys::{Sealer, revoke_key, rotate_keys};
use clap::Subcommand;
use kernel::clock::real_now;
use service_kit::Source;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Let the next key sign, retire the one that signed, and publish a new next one. Running services notice by
    /// themselves; no token becomes invalid.
    Rotate,
    /// Withdraw a key that has leaked: the tokens it has signed are refused within a minute, and their owners refresh.
    Revoke {
        /// Its name, as `kid` in `/.well-known/jwks.json` and in the head of a token.
        kid: String,
    },
}

pub async fn run(command: KeysCommand, source: &Source) -> anyhow::Result<()> {
    let (db, sealer) = (platform::database(source, "auth")?, Sealer::from_source(source)?);
    let keys = match command {
        KeysCommand::Rotate => rotate_keys(&db, &sealer, real_now()).await?,
        KeysCommand::Revoke { kid } => revoke_key(&db, &sealer, &kid, real_now()).await?,
    };
    say(&format!("{} signs from now on, {} is next", keys.active, keys.next));
    Ok(())
}
