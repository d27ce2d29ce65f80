//! Printing off the async threads, a bounded number at a time.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{Document, PrintError, pdf::print};

/// How many documents may wait for their turn, each in memory.
const QUEUE: usize = 16;

/// Prints documents. Cheap to clone; clones share the bound.
#[derive(Debug, Clone)]
pub struct Printer {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl Printer {
    /// So many documents are printed at once. Each keeps a core busy, and has all of its pages in memory.
    pub fn new(workers: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(workers + QUEUE)), workers: Arc::new(Semaphore::new(workers)) }
    }

    /// The document as PDF 1.7. [`PrintError::Busy`] where too many wait already.
    pub async fn print(&self, document: Document) -> Result<Bytes, PrintError> {
        if !document.is_bounded() {
            return Err(PrintError::TooLong);
        }
        let place = self.places.clone().try_acquire_owned().map_err(|_| PrintError::Busy)?;
        let worker = self.workers.clone().acquire_owned().await.map_err(|_| PrintError::Busy)?;
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when nobody waits for it any more.
            let _held = (place, worker);
            print(&document)
        });
        task.await.map_err(|error| PrintError::Failed(error.to_string()))?
    }
}
