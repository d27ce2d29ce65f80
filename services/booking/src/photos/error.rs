//! What can go wrong with a photo.

use problem::Problem;
use storage::{StorageError, UploadError, images::ImageError};

use super::model::MAX_PHOTOS;

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("there is no such photo")]
    NotFound,
    #[error("the room has as many photos as one may have")]
    TooMany,
    #[error("the order does not name every photo of the room once")]
    NotAnOrder,
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
            PhotoError::TooMany => {
                Self::conflict("too_many_photos", format!("The room has {MAX_PHOTOS} photos. Delete one first."))
            }
            PhotoError::NotAnOrder => {
                Self::invalid("not_an_order", "The order has to name every photo of the room once, and no other.")
                    .at("/photo_ids", "not the photos of this room")
            }
            PhotoError::Swept => Self::unavailable(error),
            PhotoError::Upload(error) => error.into(),
            PhotoError::Image(error) => error.into(),
            PhotoError::Storage(error) => error.into(),
            PhotoError::Store(error) => error.into(),
        }
    }
}
