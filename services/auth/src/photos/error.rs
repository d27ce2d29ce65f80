//! What can go wrong with a photo.

use problem::Problem;
use storage::{StorageError, UploadError, images::ImageError};

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("there is no such photo")]
    NotFound,
    #[error("the upload was removed before it had ended")]
    Swept,
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<PhotoError> for Problem {
    fn from(error: PhotoError) -> Self {
        match error {
            PhotoError::NotFound => Self::not_found(),
            PhotoError::Swept => Self::unavailable(error),
            PhotoError::Upload(error) => error.into(),
            PhotoError::Image(error) => error.into(),
            PhotoError::Storage(error) => error.into(),
            PhotoError::Store(error) => error.into(),
        }
    }
}
