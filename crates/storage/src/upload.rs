//! Reading what somebody uploads, no further than it may go.

use actix_web::{http::StatusCode, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use problem::Problem;

/// Why an upload was not read.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body ended before its time")]
    Interrupted,
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge(limit) => {
                let detail = format!("The file is larger than {limit} bytes.");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
            }
            UploadError::Interrupted => Self::bad_request("unreadable_body", "The body could not be read to its end."),
        }
    }
}

/// The whole body, if it has at most `limit` bytes. A longer one is refused as soon as it goes beyond: whatever its sender
/// announces or sends, no more than the limit and one chunk is in memory.
pub async fn read_upload(mut body: web::Payload, limit: usize) -> Result<Bytes, UploadError> {
    let mut content = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| UploadError::Interrupted)?;
        if content.len() + chunk.len() > limit {
            return Err(UploadError::TooLarge(limit));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content.freeze())
}
