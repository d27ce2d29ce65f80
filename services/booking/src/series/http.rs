//! Series over HTTP.

mod change;
mod create;
mod read;
mod response;

pub use change::{cancel_series, edit_series, fill_series};
pub use create::{create_series, preview_series};
pub use read::{get_series, list_series};
pub use response::SeriesResponse;
