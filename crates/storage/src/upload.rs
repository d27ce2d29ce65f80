//! Reading what somebody uploads, no further than it may go.

use std::{
    pin::pin,
    sync::{Arc, LazyLock},
};

use actix_web::{http::StatusCode, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use problem::Problem;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Why an upload was not read.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the body ended before its time")]
    Interrupted,
    #[error("too many files are being uploaded")]
    Busy,
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge(limit) => {
                let detail = format!("The file is larger than {limit} bytes.");
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
            }
            UploadError::Busy => {
                let detail = "Too many files are being uploaded at the moment. Please try again.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_busy", detail).retry_after(2)
            }
            UploadError::Interrupted => Self::bad_request("unreadable_body", "The body could not be read to its end."),
        }
    }
}

/// What the uploads of a process may hold in memory together: whoever sends many files at once, and whoever takes long to
/// send one, is told 503 before the process is told by its operating system.
const MEMORY: usize = 128 * 1024 * 1024;

/// The whole body, if it has at most `limit` bytes. A longer one is refused as soon as it goes beyond: whatever its sender
/// announces or sends, no more than the limit and one chunk is in memory. What is in memory of all uploads together is
/// bounded too, until the last copy of the returned bytes is dropped.
pub async fn read_upload(body: web::Payload, limit: usize) -> Result<Bytes, UploadError> {
    static OF_PROCESS: LazyLock<UploadMemory> = LazyLock::new(|| UploadMemory::new(MEMORY));
    let chunks = body.map(|chunk| chunk.map_err(|_| UploadError::Interrupted));
    OF_PROCESS.read(chunks, limit).await
}

/// Memory for uploads, granted in units of 1 KiB.
#[derive(Debug)]
struct UploadMemory(Arc<Semaphore>);

const UNIT: usize = 1024;

impl UploadMemory {
    fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    async fn read(
        &self,
        chunks: impl Stream<Item = Result<Bytes, UploadError>>,
        limit: usize,
    ) -> Result<Bytes, UploadError> {
        let mut chunks = pin!(chunks);
        let mut upload = Upload { content: Vec::new(), room: self.take(0)? };
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            self.make_room(&mut upload, chunk.len(), limit)?;
            upload.content.extend_from_slice(&chunk);
        }
        Ok(Bytes::from_owner(upload))
    }

    /// What is granted is the capacity: most of the time it is more than what has come.
    fn make_room(&self, upload: &mut Upload, more: usize, limit: usize) -> Result<(), UploadError> {
        let (length, capacity) = (upload.content.len(), upload.content.capacity());
        let needed = length + more;
        if needed > limit {
            return Err(UploadError::TooLarge(limit));
        }
        if needed > capacity {
            let wanted = needed.max(capacity * 2).min(limit);
            upload.room.merge(self.take(wanted.div_ceil(UNIT).saturating_sub(upload.room.num_permits()))?);
            upload.content.reserve_exact(wanted - length);
        }
        Ok(())
    }

    fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, UploadError> {
        let units = u32::try_from(units).map_err(|_| UploadError::Busy)?;
        self.0.clone().try_acquire_many_owned(units).map_err(|_| UploadError::Busy)
    }
}

/// A file in memory, and the room it takes there.
struct Upload {
    content: Vec<u8>,
    room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Upload {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, stream};

    use super::*;

    const KB: usize = 1024;

    async fn read(memory: &UploadMemory, kilobytes: usize) -> Result<Bytes, UploadError> {
        let chunks = (0..kilobytes).map(|_| Ok(Bytes::from(vec![7; KB])));
        memory.read(stream::iter(chunks), 8 * KB).await
    }

    #[tokio::test]
    async fn all_uploads_together_take_no_more_memory_than_they_may() {
        let memory = UploadMemory::new(16 * KB);
        let first = read(&memory, 8).await.unwrap();
        let second = read(&memory, 8).await.unwrap();
        assert!(matches!(read(&memory, 1).await, Err(UploadError::Busy)));
        let copy = first.clone();
        drop(first);
        assert!(matches!(read(&memory, 1).await, Err(UploadError::Busy)), "a copy is the same memory");
        drop(copy);
        let third = read(&memory, 8).await.unwrap();
        assert_eq!((second.len(), third.len()), (8 * KB, 8 * KB));
    }

    #[tokio::test]
    async fn a_file_that_is_refused_or_broken_off_gives_its_room_back() {
        let memory = UploadMemory::new(8 * KB);
        for _ in 0..3 {
            assert!(matches!(read(&memory, 9).await, Err(UploadError::TooLarge(_))));
            let broken = stream::iter([Ok(Bytes::from(vec![7; 4 * KB])), Err(UploadError::Interrupted)]);
            assert!(matches!(memory.read(broken, 8 * KB).await, Err(UploadError::Interrupted)));
        }
        let halted = stream::iter([Ok(Bytes::from(vec![7; 8 * KB]))]).chain(stream::pending());
        let mut halted = Box::pin(memory.read(halted, 8 * KB));
        assert!((&mut halted).now_or_never().is_none());
        assert!(matches!(read(&memory, 1).await, Err(UploadError::Busy)), "who stops sending holds what was sent");
        drop(halted);
        assert_eq!(read(&memory, 8).await.unwrap().len(), 8 * KB);
    }
}
