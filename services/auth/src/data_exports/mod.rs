//! Copies of everything the platform keeps of a person (GDPR, articles 15 and 20). A job asks every service that keeps
//! something and writes one JSON archive; it can be fetched by its person for a week and is removed then.

mod archive;
mod commands;
mod error;
pub mod http;
mod model;
pub mod store;

pub use commands::{build_due, sweep};
pub use error::ExportError;
pub use model::{DataExport, ExportState};
