//! What can go wrong with an export.

use problem::Problem;
use service_kit::peers::PeerError;
use storage::StorageError;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is no such export")]
    NotFound,
    #[error("the archive is not ready")]
    NotReady,
    #[error("the archive is gone")]
    Expired,
    #[error("{0} did not answer what it was asked")]
    NoAnswer(&'static str),
    #[error("the archive cannot be written down")]
    Unserialisable(#[from] serde_json::Error),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound => Self::not_found(),
            ExportError::NotReady => Self::conflict("export_not_ready", "The archive is still being put together."),
            ExportError::Expired => Self::gone("export_expired", "The archive is gone. Ask for another one."),
            ExportError::NoAnswer(_) => Self::unavailable(error),
            ExportError::Unserialisable(_) => Self::internal(error),
            ExportError::Peer(error) => error.into(),
            ExportError::Storage(error) => error.into(),
            ExportError::Store(error) => error.into(),
        }
    }
}
