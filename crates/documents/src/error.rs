//! Why a document was not printed.

use problem::Problem;

use crate::{MAX_CHARS, MAX_ROWS};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// More rows or characters than a document may have; nothing was laid out.
    #[error("the document has more than {MAX_ROWS} rows or {MAX_CHARS} characters")]
    TooLong,
    /// Too many documents are being printed or waiting for it.
    #[error("too many documents are waiting to be printed")]
    Busy,
    /// A fault of ours.
    #[error("the document could not be written: {0}")]
    Failed(String),
}

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::TooLong => Self::invalid("document_too_long", "The document would be too long."),
            PrintError::Busy => Self::unavailable(error),
            PrintError::Failed(_) => Self::internal(error),
        }
    }
}
