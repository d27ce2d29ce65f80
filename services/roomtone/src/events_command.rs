//! `roomtone events`: what waits in the outboxes, what was parked, and sending it again.

use clap::Subcommand;
use events::parked;
use service_kit::Source;
use uuid::Uuid;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum EventsCommand {
    /// List what consumers have parked, with the reason.
    Parked,
    /// Deliver parked events again: one by its id, or all of them.
    Replay {
        /// The event's id.
        #[arg(required_unless_present = "all")]
        event: Option<Uuid>,
        #[arg(long, conflicts_with = "event")]
        all: bool,
    },
}

/// As many parked events as a person reads.
const MOST_LISTED: i64 = 200;

pub async fn run(command: EventsCommand, source: &Source) -> anyhow::Result<()> {
    for service in platform::names_with_database() {
        let db = platform::database(source, service)?;
        let mut conn = db.conn().await?;
        match &command {
            EventsCommand::Parked => {
                for event in parked::list(&mut conn, MOST_LISTED).await? {
                    let (id, kind, at, error) = (event.event_id, event.event_type, event.parked_at, event.error);
                    say(&format!("{service} {id} {kind} parked {at}: {error}"));
                }
            }
            EventsCommand::Replay { event, .. } => {
                let requested = match event {
                    Some(id) => parked::request_replay(&mut conn, *id).await?,
                    None => parked::request_replay_of_all(&mut conn).await?,
                };
                if requested > 0 {
                    say(&format!("{service} will deliver {requested} again"));
                }
            }
        }
    }
    Ok(())
}
