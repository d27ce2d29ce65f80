//! Files that do not belong into a database: a folder of this machine by default, an S3-compatible store where one is
//! configured; and the rules for images that people upload.

pub mod images;
mod objects;
mod upload;

pub use objects::{Storage, StorageError};
pub use upload::{UploadError, read_upload};
