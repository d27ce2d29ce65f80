//! What an export is, and how far it is.

use jiff::{SignedDuration, Timestamp};
use kernel::{DataExportId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The services that keep something of people, beside auth.
pub const SOURCES: [&str; 4] = ["booking", "billing", "ledger", "messaging"];

/// What an archive is made of: auth's own part, and one of each source.
pub const PARTS: i32 = 1 + SOURCES.len() as i32;

/// How long an archive can be fetched.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One that is younger is answered again instead of making another.
pub const LASTS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A service that is away is asked again this often; then the export has failed.
pub const MAX_ATTEMPTS: i32 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// Being put together.
    Pending,
    Ready,
    /// A service could not be asked; ask for another one.
    Failed,
    /// Its archive is gone.
    Expired,
    /// In the table: its archive was removed.
    #[serde(skip_serializing)]
    Discarded,
}

#[derive(Debug, Clone)]
pub struct DataExport {
    pub id: DataExportId,
    pub user_id: UserId,
    pub state: ExportState,
    pub parts_done: i32,
    pub parts: i32,
    pub attempts: i32,
    pub requested_at: Timestamp,
    pub ready_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

impl DataExport {
    /// An archive is over at its instant, whether or not it has been removed.
    pub fn state_at(&self, now: Timestamp) -> ExportState {
        match self.state {
            ExportState::Discarded => ExportState::Expired,
            ExportState::Ready if self.expires_at.is_some_and(|expires_at| expires_at <= now) => ExportState::Expired,
            state => state,
        }
    }

    /// Whole percent of its parts.
    pub fn progress_percent(&self) -> i32 {
        if self.parts == 0 { 0 } else { self.parts_done * 100 / self.parts }
    }

    /// Where its archive lies.
    pub fn key(&self) -> String {
        format!("exports/{}.json", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_over_at_its_instant() {
        let at: Timestamp = "2027-03-08T12:00:00Z".parse().unwrap();
        let export = DataExport {
            id: DataExportId::new(),
            user_id: UserId::new(),
            state: ExportState::Ready,
            parts_done: 1,
            parts: 4,
            attempts: 1,
            requested_at: at,
            ready_at: Some(at),
            expires_at: Some(at),
        };
        assert_eq!(export.progress_percent(), 25);
        assert_eq!(export.state_at(at), ExportState::Expired);
        assert_eq!(export.state_at(at - SignedDuration::from_micros(1)), ExportState::Ready);
        let discarded = DataExport { state: ExportState::Discarded, ..export };
        assert_eq!(discarded.state_at(at - LIFETIME), ExportState::Expired);
    }
}
